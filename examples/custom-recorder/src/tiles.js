// Owns the tiles: one for each participant and one for each shared screen, their pictures, sounds and names.
import { arrange } from "./layout.js";

const stage = document.getElementById("stage");
const tiles = new Map(); // key → {element, stream}

/** Shows and plays exactly what `meeting` has now. */
export function show(meeting) {
  const everybody = meeting.participants.joined.toArray();
  const active = new Set(meeting.participants.active.toArray().map((who) => who.id));
  const people = everybody.map((who) => ({
    key: who.id,
    name: who.name,
    picture: who.videoEnabled ? who.videoTrack : null,
    sound: who.audioEnabled ? who.audioTrack : null,
    // Everybody is heard; seen are those whom the SDK has chosen to receive.
    visible: active.has(who.id),
  }));
  const screens = everybody.filter((who) => who.screenShareEnabled).map((who) => ({
    key: `${who.id} screen`,
    name: `${who.name}: screen`,
    picture: who.screenShareTracks?.video,
    sound: who.screenShareTracks?.audio,
    visible: true,
  }));
  const wanted = new Set([...people, ...screens].map((one) => one.key));
  for (const [key, tile] of tiles) {
    if (wanted.has(key)) continue;
    tile.element.remove();
    tiles.delete(key);
  }
  [...people, ...screens].forEach(fill);
  place(screens, people.filter((one) => one.visible));
}

function fill({ key, name, picture, sound, visible }) {
  if (!tiles.has(key)) tiles.set(key, made());
  const { element, stream, video } = tiles.get(key);
  element.hidden = !visible;
  element.classList.toggle("seen", Boolean(picture));
  element.querySelector(".name").textContent = name;
  element.querySelector(".initials").textContent = name.trim().slice(0, 2).toUpperCase();
  // Picture and sound in one stream are played together.
  const tracks = [picture, sound].filter(Boolean);
  stream.getTracks().filter((track) => !tracks.includes(track)).forEach((track) => stream.removeTrack(track));
  tracks.filter((track) => !stream.getTracks().includes(track)).forEach((track) => stream.addTrack(track));
  if (video.paused && tracks.length) video.play().catch(() => {}); // a newer call has taken its place
}

function made() {
  const element = document.createElement("div");
  element.className = "tile";
  element.innerHTML = '<video playsinline></video><div class="initials"></div><div class="name"></div>';
  const video = element.querySelector("video");
  const stream = (video.srcObject = new MediaStream());
  stage.append(element);
  return { element, stream, video };
}

function place(screens, people) {
  const places = arrange(screens.length, people.length, stage.clientWidth, stage.clientHeight);
  put(screens, places.screens);
  put(people, places.people);
}

function put(shown, places) {
  shown.forEach(({ key }, i) => {
    const { x, y, width, height } = places[i];
    Object.assign(tiles.get(key).element.style, {
      left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px`,
    });
  });
}
