// A custom recorder: joins the meeting unseen, shows who is there, and tells the recording when to begin.
import { RealtimeKitRecording } from "./recording-sdk.js";
import { baseURI } from "./addresses.js";
import { show } from "./tiles.js";

const query = new URLSearchParams(location.search);
const COMING_AND_GOING = ["participantJoined", "participantLeft", "participantsUpdate", "participantsCleared"];
const caption = document.getElementById("caption");

async function main() {
  const authToken = query.get("authToken");
  if (!authToken) throw new Error("This page is for a recorder: it needs authToken in its address.");
  const recording = new RealtimeKitRecording({});
  const meeting = await RealtimeKitClient.init({
    authToken,
    baseURI: baseURI(query.get("baseURI"), query.get("server")),
    defaults: { audio: false, video: false },
  });
  const refresh = () => show(meeting);
  for (const event of COMING_AND_GOING) {
    meeting.participants.joined.on(event, refresh);
    meeting.participants.active.on(event, refresh);
  }
  for (const event of ["audioUpdate", "videoUpdate", "screenShareUpdate"]) meeting.participants.joined.on(event, refresh);
  meeting.self.on("roomJoined", refresh);
  meeting.participants.on("broadcastedMessage", ({ type, payload }) => {
    if (type === "caption") caption.textContent = String(payload.text ?? "");
  });
  window.addEventListener("resize", refresh);
  // What the recording SDK 0.0.1 calls to join was called so up to version 1 of the SDK.
  meeting.joinRoom ??= () => meeting.join();
  // Joins the meeting and starts the recording; afterwards it forwards what participants broadcast.
  await recording.init(meeting);
}

main().catch((error) => {
  const problem = document.createElement("div");
  problem.className = "problem";
  problem.textContent = error.message;
  document.getElementById("stage").replaceChildren(problem);
});
