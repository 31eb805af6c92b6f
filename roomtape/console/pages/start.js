// The start page: sign in with the API token, make meetings and go in, see recordings and play them.
import { Api } from "./api.js";

const HOST = "group_call_host";
const GUEST = "group_call_participant";
const LOOK_AGAIN_MS = 4000;
const MEETINGS_SHOWN = 4;
const STATES = {
  INVOKED: ["live", "starting"],
  RECORDING: ["live", "recording"],
  PAUSED: ["live", "paused"],
  UPLOADING: ["", "being made"],
  UPLOADED: ["done", "ready"],
  ERRORED: ["failed", "failed"],
};

const at = (id) => document.getElementById(id);
let api = null;
let timer = 0;
let allMeetings = false;

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function trouble(error) {
  at("trouble").textContent = error ? error.message : "";
  at("trouble").hidden = !error;
  if (error?.status === 401 && api) signOut(error);
}

// Runs what a button does; the button waits with it, and what goes wrong is said.
async function doing(button, work) {
  button.disabled = true;
  try {
    trouble(null);
    await work();
  } catch (error) {
    trouble(error);
  } finally {
    button.disabled = false;
  }
}

function moment(text) {
  const then = new Date(text);
  const today = then.toDateString() === new Date().toDateString();
  return then.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

function length(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

function guestName(preset) {
  return at("name").value.trim() || (preset === HOST ? "Host" : "Guest");
}

function enter(meeting, preset, label) {
  const button = made("button", { type: "button", textContent: label, className: preset === HOST ? "first" : "" });
  button.onclick = () => {
    // Opened in the click itself, or the browser takes it for an advertisement.
    const tab = window.open("about:blank", "_blank");
    doing(button, async () => {
      try {
        const address = await api.link(meeting.id, preset, guestName(preset));
        if (tab) {
          tab.opener = null;
          tab.location.replace(address);
        } else {
          location.href = address;
        }
      } catch (error) {
        tab?.close();
        throw error;
      }
    });
  };
  return button;
}

function copyLink(meeting) {
  const button = made("button", { type: "button", textContent: "Copy guest link" });
  button.onclick = () => doing(button, async () => {
    const address = await api.link(meeting.id, GUEST, "Guest");
    try {
      await navigator.clipboard.writeText(address);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy guest link"; }, 2000);
    } catch {
      prompt("The guest’s link:", address);
    }
  });
  return button;
}

function meetingItem(meeting) {
  return made("li", {},
    made("div", { className: "what" },
      made("b", { textContent: meeting.title || "Untitled meeting" }),
      made("small", { textContent: `created ${moment(meeting.created_at)}` })),
    made("div", { className: "do" },
      enter(meeting, HOST, "Open as host"), enter(meeting, GUEST, "Open as guest"), copyLink(meeting)));
}

// A composite has one link, tracks have one for each file.
function links(recording) {
  const found = recording.download_url;
  if (!found) return [];
  const list = typeof found === "string" ? [found] : addresses(found);
  return list.flatMap((address, index) => {
    const number = list.length > 1 ? ` ${index + 1}` : "";
    const play = { className: "button", href: address, target: "_blank", rel: "noopener", textContent: `Play${number}` };
    const save = { className: "button", href: `${address}&download=1`, textContent: `Download${number}` };
    return [made("a", play), list.length > 1 ? null : made("a", save)];
  });
}

function addresses(value) {
  if (typeof value === "string") return /^https?:/.test(value) ? [value] : [];
  return value && typeof value === "object" ? Object.values(value).flatMap(addresses) : [];
}

function stop(recording) {
  const button = made("button", { type: "button", textContent: "Stop" });
  button.onclick = () => doing(button, async () => {
    await api.stop(recording.id);
    await look();
  });
  return button;
}

function recordingItem(recording) {
  const [kind, word] = STATES[recording.status] ?? ["", recording.status];
  const facts = [moment(recording.invoked_time)];
  if (recording.recording_duration) facts.push(length(recording.recording_duration));
  if (recording.type === "TRACK") facts.push("one file per participant");
  const said = recording.error || recording.warnings?.[0];
  return made("li", {},
    made("div", { className: "what" },
      made("b", { textContent: recording.meeting?.title || "Untitled meeting" }),
      made("small", { textContent: facts.join(" · ") }),
      said ? made("small", { textContent: ` · ${said}` }) : null),
    made("span", { className: `state ${kind}`, textContent: word }),
    made("div", { className: "do" }, ...(kind === "live" ? [stop(recording)] : links(recording))));
}

// Replaces a list only when something has changed, so that focus and a click on its way are not lost.
function fill(id, items, build, empty) {
  const list = at(id);
  const now = JSON.stringify(items);
  if (list.dataset.shown === now) return;
  list.dataset.shown = now;
  list.replaceChildren(...(items.length ? items.map(build) : [made("li", { className: "empty", textContent: empty })]));
}

async function look() {
  clearTimeout(timer);
  if (!api) return;
  const asked = api;
  try {
    const [meetings, recordings] = await Promise.all([api.meetings(), api.recordings()]);
    if (api !== asked) return;
    at("more").hidden = allMeetings || meetings.length <= MEETINGS_SHOWN;
    fill("meetings", allMeetings ? meetings : meetings.slice(0, MEETINGS_SHOWN), meetingItem, "No meetings yet. Create one above, then open it as host.");
    fill("recordings", recordings, recordingItem, "No recordings yet. In a meeting: More → Record.");
    if (at("trouble").dataset.from === "look") trouble(null);
    delete at("trouble").dataset.from;
  } catch (error) {
    at("trouble").dataset.from = "look";
    trouble(error);
  }
  if (api) timer = setTimeout(look, LOOK_AGAIN_MS);
}

async function signIn(token) {
  const opened = await Api.open(token);
  const apps = await opened.apps();
  if (!apps.length) throw new Error("This account has no app yet. Create one by the API, then load this page again.");
  const kept = sessionStorage.getItem("app");
  opened.app = apps.some((app) => app.id === kept) ? kept : apps[apps.length - 1].id;
  at("app").replaceChildren(...apps.map((app) => made("option", { value: app.id, textContent: app.name })));
  at("app").value = opened.app;
  at("apps").hidden = apps.length < 2;
  sessionStorage.setItem("token", token);
  api = opened;
  show();
  await look();
}

function signOut(error = null) {
  clearTimeout(timer);
  api = null;
  sessionStorage.removeItem("token");
  for (const id of ["meetings", "recordings"]) {
    delete at(id).dataset.shown;
    at(id).replaceChildren();
  }
  show();
  trouble(error);
}

function show() {
  at("sign-in").hidden = api !== null;
  at("signed-in").hidden = api === null;
  at("sign-out").hidden = api === null;
  at(api ? "title" : "token").focus();
}

at("sign-in").onsubmit = (event) => {
  event.preventDefault();
  doing(event.submitter, async () => {
    const field = at("token");
    try {
      await signIn(field.value.trim());
      field.value = "";
    } catch (error) {
      field.focus();
      field.select();
      throw error;
    }
  });
};
at("new").onsubmit = (event) => {
  event.preventDefault();
  doing(event.submitter, async () => {
    await api.create(at("title").value.trim());
    at("title").value = "";
    await look();
  });
};
at("app").onchange = () => {
  api.app = at("app").value;
  sessionStorage.setItem("app", api.app);
  look();
};
at("name").value = sessionStorage.getItem("name") ?? "";
at("name").oninput = () => sessionStorage.setItem("name", at("name").value);
at("more").onclick = () => {
  allMeetings = true;
  look();
};
at("sign-out").onclick = () => signOut();
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));

// `#token=…` is how the server's hint hands the token over; the fragment never leaves the browser.
const handed = new URLSearchParams(location.hash.slice(1)).get("token");
if (handed) history.replaceState(null, "", location.pathname);
const token = handed ?? sessionStorage.getItem("token");
if (token) signIn(token).catch((error) => (error.status ? signOut(error) : trouble(error)));
else show();
