// Talks to the public API with the API token. Errors are sentences for whoever sits before the page.
const MOST_PER_PAGE = 1000;

export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function ask(token, method, path, body, withinMs = 15000) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(withinMs),
    });
  } catch {
    throw new Refused("The server does not answer. Is it still running? This page tries again by itself.", 0);
  }
  const read = await answer.json().catch(() => null);
  if (answer.ok && read) return read;
  const said = read?.errors?.map((error) => error.message).join("; ");
  throw new Refused(said || `The server answered with status ${answer.status}.`, answer.status);
}

// Everything that one API token opens; `app` is chosen by the page.
export class Api {
  constructor(token, account) {
    this.token = token;
    this.kit = `/client/v4/accounts/${account}/realtime/kit`;
    this.app = null;
  }

  static async open(token) {
    const { result } = await ask(token, "GET", "/client/v4/accounts");
    return new Api(token, result[0].id);
  }

  async apps() {
    return (await ask(this.token, "GET", `${this.kit}/apps?per_page=100`)).data;
  }

  async of(method, path, body, withinMs) {
    return (await ask(this.token, method, `${this.kit}/${this.app}/${path}`, body, withinMs)).data;
  }

  // Returns the newest `count` of "meetings" or "recordings", and how many there are in all.
  async newest(what, count) {
    const size = Math.min(count, MOST_PER_PAGE);
    const pages = Array.from({ length: Math.ceil(count / size) }, (_, index) => index + 1);
    const path = `${this.kit}/${this.app}/${what}?per_page=${size}&page_no=`;
    const found = await Promise.all(pages.map((page) => ask(this.token, "GET", path + page)));
    return { items: found.flatMap((answer) => answer.data), total: found[0].paging.total_count };
  }

  defaults() {
    return this.of("GET", "recording-config");
  }

  // `what` is { storage_config }, { meeting_id }, or nothing for the app's own. A hanging service takes up to 30 s.
  testStorage(what) {
    return this.of("POST", "storage/test", what, 45000);
  }

  stop(recording) {
    return this.of("PUT", `recordings/${recording}`, { action: "stop" });
  }

  create(title) {
    return this.of("POST", "meetings", title ? { title } : {});
  }

  // Returns the address of the meeting page for a new participant with this preset.
  async link(meeting, preset, name) {
    // Files of tracks are named after it.
    const custom = `${name}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
    const body = { custom_participant_id: custom, preset_name: preset, name };
    const { token } = await this.of("POST", `meetings/${meeting}/participants`, body);
    return `${location.origin}/meet/${meeting}?authToken=${encodeURIComponent(token)}`;
  }
}
