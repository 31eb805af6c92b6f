// Puts the page and the two SDKs, as npm has them, into dist/. Their builds for browsers need no bundler.
import { copyFileSync, cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const sdk = (path) => here(`node_modules/@cloudflare/${path}`);

rmSync(here("dist"), { recursive: true, force: true });
cpSync(here("src"), here("dist"), { recursive: true });
copyFileSync(sdk("realtimekit/dist/browser.js"), here("dist/realtimekit.js"));
copyFileSync(sdk("realtimekit-recording-sdk/dist/index.es.js"), here("dist/recording-sdk.js"));
