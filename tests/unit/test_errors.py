from roomtape import errors


def all_errors(base: type[Exception]) -> list[type[Exception]]:
    return [base, *(e for sub in base.__subclasses__() for e in all_errors(sub))]


def test_every_error_has_a_status_and_callers_errors_are_4xx_or_501() -> None:
    for error in all_errors(errors.RoomtapeError):
        assert 400 <= error.status <= 599
    for error in all_errors(errors.CallerError):
        assert error.status < 500 or error is errors.NotOffered


def test_a_stable_number_names_one_kind_of_error() -> None:
    kinds = [e for e in all_errors(errors.RoomtapeError) if "code" in vars(e)]
    codes = [e.code for e in kinds]
    assert len(set(codes)) == len(codes)


def test_invalid_request_names_its_field_and_status() -> None:
    error = errors.InvalidRequest("must be even", "video_config.width")
    assert str(error) == "video_config.width: must be even"
    assert (error.field, error.http_status) == ("video_config.width", 422)
    assert error.code == 1422


def test_the_code_of_an_invalid_request_follows_its_status() -> None:
    for status in (400, 406, 412, 413, 415, 422):
        error = errors.InvalidRequest("no SDP", "sdp", status)
        assert (error.http_status, error.code) == (status, 1000 + status)
