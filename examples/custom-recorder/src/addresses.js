// Owns where the SDK finds the server. It builds its addresses as https://PREFIX.BASE and wss://PREFIX.BASE; with real
// host names `baseURI` is all it needs. A server without them, as on a laptop, is reached by changing these addresses.

const NOWHERE = "roomtape.invalid"; // RFC 2606: never resolves, so an address that is missed leads nowhere

/** Returns the SDK's `baseURI`; with `server` (such as http://127.0.0.1:8080) it is a made-up one that leads there. */
export function baseURI(base, server) {
  if (!server) return base ?? undefined;
  lead(new URL(server));
  return NOWHERE;
}

function lead(server) {
  const moved = (address) => {
    const url = new URL(address, document.baseURI);
    if (!url.host.endsWith(`.${NOWHERE}`)) return address;
    // The two location services share the path `/` with the server's start page.
    const path = url.host.startsWith("location") && url.pathname === "/" ? "/v2/location" : url.pathname;
    const scheme = url.protocol === "wss:" ? server.protocol.replace("http", "ws") : server.protocol;
    return `${scheme}//${server.host}${path}${url.search}`;
  };

  const { fetch, WebSocket } = window;
  window.fetch = async (input, init) => {
    if (!(input instanceof Request)) return fetch(moved(String(input)), init);
    const { method, headers, signal } = input;
    // A Request's body is a stream, which browsers send by HTTP/2 only: so it is read first.
    const body = ["GET", "HEAD"].includes(method) ? undefined : await input.blob();
    return fetch(moved(input.url), { method, headers, signal, body, ...init });
  };
  window.WebSocket = class extends WebSocket {
    constructor(address, protocols) {
      super(moved(String(address)), protocols);
    }
  };
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    return open.call(this, method, moved(String(address)), ...rest);
  };
  const { sendBeacon } = navigator;
  navigator.sendBeacon = (address, data) => sendBeacon.call(navigator, moved(String(address)), data);
}
