// Joins the meeting of the token in the address with the official SDK and hands it to the official UI kit.
const ASK = "Ask whoever invited you for a new link.";
const REFUSED = {
  "0004": ["This link does not open the meeting.", `It may have expired, or the meeting is closed. ${ASK}`],
  "0001": ["The server did not answer as it should.", "Wait a moment, then try again."],
};

const element = document.getElementById("meeting");
const message = document.getElementById("message");

function say(words, advice = "", again = false) {
  document.getElementById("words").textContent = words;
  document.getElementById("advice").textContent = advice;
  const link = document.getElementById("again");
  link.href = location.href;
  link.hidden = !again;
  element.hidden = true;
  message.hidden = false;
}

function meetingOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1])).meetingId;
  } catch {
    return null;
  }
}

function refuse(error) {
  console.warn("roomtape: joining failed:", error);
  const code = String(error?.code ?? "").replace("ERR", "");
  const [words, advice] = REFUSED[code] ?? ["The meeting could not be joined.", error?.message ?? String(error)];
  say(words, advice, code !== "0004");
}

async function join() {
  const token = new URLSearchParams(location.search).get("authToken");
  const wanted = decodeURIComponent(location.pathname.split("/").pop());
  if (!token) return say("This link is not complete.", `It lacks its token (authToken=…). ${ASK}`);
  const found = meetingOf(token);
  if (found === null) return say("This link is not complete.", `Its token is damaged. ${ASK}`);
  if (found !== wanted) return say("This link does not open this meeting.", `Its token is for another one. ${ASK}`);
  if (!window.isSecureContext) {
    return say("The browser gives camera and microphone to secure pages only.",
      "Open this page by https, or as http://localhost on the machine of the server.");
  }
  if (!window.RealtimeKitClient) return say("The meeting page did not load completely.", "Load it again.", true);
  try {
    const meeting = await RealtimeKitClient.init({
      authToken: token,
      baseURI: window.roomtape.baseURI,
      defaults: { audio: true, video: true },
    });
    document.title = meeting.meta.meetingTitle || "Meeting";
    window.meeting = meeting;
    element.meeting = meeting;
    message.hidden = true;
    element.hidden = false;
  } catch (error) {
    refuse(error);
  }
}

join();
