// The start page: sign in with the API token, make meetings and go in, see recordings and play them.
import { Api } from "./api.js";
import { told } from "./storages.js";

const HOST = "group_call_host";
const GUEST = "group_call_participant";
const LOOK_AGAIN_MS = 4000;
const SHOWN = { meetings: 4, recordings: 20 };
const SHOWN_MORE = 20;
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
let shown = { ...SHOWN };

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

function copyButton(label, theirs, address) {
  const button = made("button", { type: "button", textContent: label });
  button.onclick = () => doing(button, async () => {
    const found = await address();
    try {
      await navigator.clipboard.writeText(found);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = label; }, 2000);
    } catch {
      prompt(theirs, found);
    }
  });
  return button;
}

function copyLink(meeting) {
  return copyButton("Copy guest link", "The guest’s link:", () => api.link(meeting.id, GUEST, "Guest"));
}

function meetingItem(meeting) {
  return made("li", {},
    made("div", { className: "what" },
      made("b", { textContent: meeting.title || "Untitled meeting" }),
      made("small", { textContent: `created ${moment(meeting.created_at)}` })),
    made("div", { className: "do" },
      enter(meeting, HOST, "Open as host"), enter(meeting, GUEST, "Open as guest"), copyLink(meeting)));
}

// What a recording has made, as [caption, address]: a video, its sound as a file of its own, or a file for each track.
function files(recording) {
  const { download_url: video, audio_download_url: sound } = recording;
  if (Array.isArray(video)) {
    const tracks = video.flatMap((layer) => Object.entries(layer.download_urls));
    return tracks.map(([file, found]) => [who(recording, file), found.download_url]);
  }
  return [[sound ? "Video" : "", video], ["Sound", sound]].filter(([, address]) => address);
}

// PREFIX_USER_PEER_STREAM_MEDIA_TIME.webm, in which only PREFIX may have a _ of its own.
function who(recording, file) {
  const prefix = recording.output_file_name.split("{user_id}")[0];
  const [user, , stream, media] = file.slice(prefix.length).split("_");
  return [user, stream === "screenshare" ? "screen" : "", media === "video" ? "video" : ""].filter(Boolean).join(", ");
}

function fileItem(recording, [caption, address]) {
  const named = (word) => ({ className: "button", textContent: word, ariaLabel: caption ? `${word} ${caption}` : null });
  const play = { ...named("Play"), href: address, target: "_blank", rel: "noopener" };
  const save = { ...named("Download"), href: `${address}&download=1` };
  return made("div", { className: "file" },
    caption ? made("small", { textContent: caption }) : null,
    // An interactive one is a .tar, which no browser plays; players take its playlist.
    recording.playback_url
      ? copyButton("Copy playlist link", "The playlist’s link:", () => recording.playback_url)
      : made("a", play),
    made("a", save));
}

// Returns the kind and the word of a recording's state.
function state(recording) {
  const [kind, word] = STATES[recording.status] ?? ["", recording.status];
  const waits = recording.warnings.some((warning) => /^(storage |the own bucket )/.test(warning));
  if (recording.status === "UPLOADING" && waits) return ["", "waiting for its storage"];
  if (recording.status !== "UPLOADED") return [kind, word];
  const until = recording.download_url_expiry;
  if (until && new Date(until) <= new Date()) return ["", "expired"];
  return files(recording).length || !until ? [kind, word] : ["", "empty"];
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
  const [kind, word] = state(recording);
  const facts = [moment(recording.invoked_time)];
  if (recording.recording_duration) facts.push(length(recording.recording_duration));
  if (recording.type === "TRACK") facts.push("one file per participant");
  const arrived = recording.status === "UPLOADED" && !recording.warnings.some((warning) => warning.startsWith("storage "));
  if (arrived && recording.storage_config) facts.push(`in ${told(recording.storage_config)}`);
  const said = recording.error || recording.warnings[0];
  const offered = kind === "done" ? files(recording).map((file) => fileItem(recording, file)) : [];
  return made("li", {},
    made("div", { className: "what" },
      made("b", { textContent: recording.meeting?.title || "Untitled meeting" }),
      made("small", { textContent: facts.join(" · ") }),
      said ? made("small", { textContent: ` · ${said}` }) : null),
    made("span", { className: `state ${kind}`, textContent: word }),
    made("div", { className: offered.length > 1 ? "do many" : "do" }, ...(kind === "live" ? [stop(recording)] : offered)));
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
    const [meetings, recordings] = await Promise.all(Object.keys(SHOWN).map((what) => api.newest(what, shown[what])));
    if (api !== asked) return;
    at("more-meetings").hidden = meetings.items.length >= meetings.total;
    at("more-recordings").hidden = recordings.items.length >= recordings.total;
    fill("meetings", meetings.items, meetingItem, "No meetings yet. Create one above, then open it as host.");
    fill("recordings", recordings.items, recordingItem, "No recordings yet. In a meeting: More → Record.");
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
  // On a phone it would open the keyboard, over half of the page.
  if (matchMedia("(hover: hover)").matches) at(api ? "title" : "token").focus();
}

at("sign-in").onsubmit = (event) => {
  event.preventDefault();
  doing(event.submitter, async () => {
    const field = at("token");
    try {
      // As it stands in bootstrap.json: with its quotes, and the comma.
      await signIn(field.value.trim().replace(/^"|",?$/g, ""));
      field.value = "";
      if (location.hash === "#then=storage") location.replace("/storage");
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
  shown = { ...SHOWN };
  look();
};
at("name").value = sessionStorage.getItem("name") ?? "";
at("name").oninput = () => sessionStorage.setItem("name", at("name").value);
for (const what of Object.keys(SHOWN)) {
  at(`more-${what}`).onclick = () => {
    shown[what] = Math.max(SHOWN_MORE, shown[what] * 2);
    look();
  };
}
at("sign-out").onclick = () => signOut();
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));

// `#token=…` is how the server's hint hands the token over; the fragment never leaves the browser.
const handed = new URLSearchParams(location.hash.slice(1)).get("token");
if (handed) history.replaceState(null, "", location.pathname);
const token = handed ?? sessionStorage.getItem("token");
if (token) signIn(token).catch((error) => (error.status ? signOut(error) : trouble(error)));
else show();
