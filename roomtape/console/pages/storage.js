// The storage page: whether recordings can go where an app, a meeting, or what is entered here says.
import { Api } from "./api.js";
import { NAMES, told } from "./storages.js";

const FOLDER = ["path", "Folder", "", "meetings/2026"];
const KEYS = [["access_key", "Access key", "needed"], ["secret", "Secret", "needed secret"]];
// Field of storage_config, label, what it is, an example.
const FIELDS = {
  aws: [["bucket", "Bucket", "needed"], ["region", "Region", "", "us-east-1"], FOLDER, ...KEYS],
  cloudflare: [["account_id", "Account ID", "needed"], ["bucket", "Bucket", "needed"], FOLDER, ...KEYS],
  digitalocean: [["region", "Region", "needed", "fra1"], ["bucket", "Space", "needed"], FOLDER, ...KEYS],
  azure: [["bucket", "Container", "needed"], FOLDER,
    ["access_key", "Connection string", "needed secret long", "AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net"]],
  gcs: [["bucket", "Bucket", "needed"], FOLDER, ["secret", "Service account, the JSON key file", "needed secret text"]],
  sftp: [["host", "Host", "needed", "files.example.com"], ["port", "Port", "number", "22"], ["username", "User", "needed"],
    FOLDER, ["password", "Password, or passphrase of the key", "secret"],
    ["private_key", "Private key, if you log in with one", "secret text"]],
};
const OWN_APP = "app:";
const MEETINGS_OFFERED = 100;

const at = (id) => document.getElementById(id);
let api = null;

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function trouble(error) {
  at("trouble").textContent = error ? error.message : "";
  at("trouble").hidden = !error;
}

function result(kind, text) {
  at("result").className = kind;
  at("result").textContent = text;
  at("result").hidden = !text;
}

function field([name, label, is, example = ""]) {
  const kinds = is.split(" ");
  const input = kinds.includes("text")
    ? made("textarea", { spellcheck: false })
    : made("input", { type: kinds.includes("secret") ? "password" : kinds.includes("number") ? "number" : "text" });
  Object.assign(input, { name, placeholder: example, autocomplete: "off", required: kinds.includes("needed") });
  if (kinds.includes("secret")) input.dataset.secret = "";
  if (kinds.includes("number")) Object.assign(input, { min: 1, max: 65535 });
  return made("label", { className: kinds.includes("text") || kinds.includes("long") ? "long" : "" }, label, input);
}

function inputs() {
  return [...at("fields").querySelectorAll("input, textarea")];
}

function forgetSecrets() {
  for (const input of inputs()) if ("secret" in input.dataset) input.value = "";
}

// What is entered stays when another kind has the same field, but for secrets: they belong to one service.
function chosen() {
  const kind = at("what").value;
  const before = Object.fromEntries(inputs().filter((i) => !("secret" in i.dataset)).map((i) => [i.name, i.value]));
  at("fields").replaceChildren(...(FIELDS[kind] ?? []).map(field));
  for (const input of inputs()) if (before[input.name]) input.value = before[input.name];
  at("fields").hidden = at("own").hidden = !(kind in FIELDS);
  result("", "");
}

async function offer() {
  const [defaults, { items: meetings }] = await Promise.all([api.defaults(), api.newest("meetings", MEETINGS_OFFERED)]);
  const configured = [];
  if (defaults.storage_config) {
    configured.push(made("option", { value: OWN_APP, textContent: `The app’s: ${told(defaults.storage_config)}` }));
  }
  for (const meeting of meetings) {
    const storage = meeting.recording_config?.storage_config;
    if (!storage) continue;
    const text = `${meeting.title || "Untitled meeting"}: ${told({ ...defaults.storage_config, ...storage })}`;
    configured.push(made("option", { value: `meeting:${meeting.id}`, textContent: text }));
  }
  const kinds = Object.entries(NAMES).map(([value, textContent]) => made("option", { value, textContent }));
  const groups = [made("optgroup", { label: "Another one" }, ...kinds)];
  if (configured.length) groups.unshift(made("optgroup", { label: "Configured" }, ...configured));
  at("what").replaceChildren(...groups);
  chosen();
}

function asked() {
  const kind = at("what").value;
  if (kind === OWN_APP) return {};
  if (kind.startsWith("meeting:")) return { meeting_id: kind.slice("meeting:".length) };
  const storage = { type: kind };
  for (const input of inputs()) {
    const value = "secret" in input.dataset ? input.value : input.value.trim();
    if (value) storage[input.name] = input.type === "number" ? Number(value) : value;
  }
  if (storage.private_key) storage.auth_method = "KEY";
  return { storage_config: storage };
}

at("test").onsubmit = async (event) => {
  event.preventDefault();
  const button = event.submitter;
  button.disabled = true;
  trouble(null);
  result("", "Asking…");
  try {
    const { ok, error, took_ms, storage_config } = await api.testStorage(asked());
    if (ok) {
      forgetSecrets();
      result("done", `${told(storage_config)}: written, read and deleted in ${took_ms} ms. Recordings can go there.`);
    } else {
      result("failed", `${error}.`.replace(/([.!?…])\.$/, "$1"));
    }
  } catch (error) {
    result("failed", error.message);
  } finally {
    button.disabled = false;
  }
};
at("what").onchange = chosen;
at("app").onchange = () => {
  api.app = at("app").value;
  sessionStorage.setItem("app", api.app);
  offer().catch(trouble);
};
window.addEventListener("pagehide", forgetSecrets);

async function start() {
  const token = sessionStorage.getItem("token");
  at("signed-out").hidden = token !== null;
  if (token === null) return;
  const opened = await Api.open(token);
  const apps = await opened.apps();
  if (!apps.length) throw new Error("This account has no app yet. Create one by the API, then load this page again.");
  const kept = sessionStorage.getItem("app");
  opened.app = apps.some((app) => app.id === kept) ? kept : apps[apps.length - 1].id;
  at("app").replaceChildren(...apps.map((app) => made("option", { value: app.id, textContent: app.name })));
  at("app").value = opened.app;
  at("apps").hidden = apps.length < 2;
  api = opened;
  await offer();
  at("test").hidden = false;
}

start().catch(trouble);
