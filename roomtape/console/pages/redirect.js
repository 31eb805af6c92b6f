// Runs before the official SDK and UI kit. Without real host names (no data-base-uri) it points the addresses that the
// SDK builds, https://PREFIX.BASE and wss://PREFIX.BASE, at our own server; and always those of fonts, sounds and
// pictures that the UI kit would fetch from Cloudflare and Google.
"use strict";
(() => {
  const realBase = document.documentElement.dataset.baseUri;
  // RFC 2606: a name that never resolves, so that an address which we miss leads nowhere.
  const base = realBase || "roomtape.invalid";
  const prefixes = ["api", "socket-edge", "api-silos", "da-collector", "location", "location-legacy"];
  const elsewhere = new Map([
    ["https://rtk-uploads.realtime.cloudflare.com/notification_join.mp3", "/console/join.mp3"],
    ["https://rtk-uploads.realtime.cloudflare.com/notification_message.mp3", "/console/message.mp3"],
    ["https://rtk-assets.realtime.cloudflare.com/ui-kit/speaker-test.mp3", "/console/speaker.mp3"],
    ["https://rtk-assets.realtime.cloudflare.com/ui-kit/permissions/Chrome1.svg", "/console/permission-1.svg"],
    ["https://rtk-assets.realtime.cloudflare.com/ui-kit/permissions/Chrome2.svg", "/console/permission-2.svg"],
    ["https://rtk-assets.realtime.cloudflare.com/ui-kit/permissions/Chrome3.svg", "/console/permission-3.svg"],
    ["https://rtk-assets.realtime.cloudflare.com/assets/emojis-data.json", "/console/emojis.json"],
  ]);

  function moved(address) {
    let url;
    try {
      url = new URL(address, document.baseURI);
    } catch {
      return address;
    }
    const ours = elsewhere.get(url.href);
    if (ours) return ours;
    const prefix = realBase ? undefined : prefixes.find((name) => url.host === `${name}.${base}`);
    if (!prefix) return address;
    // The two location hosts share the path `/` with our start page.
    const path = prefix.startsWith("location") && url.pathname === "/" ? "/v2/location" : url.pathname;
    const scheme = url.protocol === "wss:" ? location.protocol.replace("http", "ws") : location.protocol;
    return `${scheme}//${location.host}${path}${url.search}`;
  }

  const plainFetch = window.fetch;
  window.fetch = async (input, init) => {
    if (!(input instanceof Request)) return plainFetch.call(window, moved(String(input)), init);
    const target = moved(input.url);
    if (target === input.url) return plainFetch.call(window, input, init);
    // A Request's body is a stream, and browsers send streams by HTTP/2 only: so it is read first.
    const { method, headers, signal } = input;
    const body = ["GET", "HEAD"].includes(method) ? undefined : await input.blob();
    return plainFetch.call(window, target, { method, headers, signal, body, ...init });
  };

  const plainOpen = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    return plainOpen.call(this, method, moved(String(address)), ...rest);
  };

  window.WebSocket = class extends WebSocket {
    constructor(address, protocols) {
      super(moved(String(address)), protocols);
    }
  };

  const plainBeacon = navigator.sendBeacon;
  navigator.sendBeacon = (address, data) => plainBeacon.call(navigator, moved(String(address)), data);

  function moveProperty(prototype, name, move) {
    const plain = Object.getOwnPropertyDescriptor(prototype, name);
    Object.defineProperty(prototype, name, {
      ...plain,
      set(value) {
        plain.set.call(this, move(String(value)));
      },
    });
  }
  moveProperty(HTMLMediaElement.prototype, "src", moved);
  // Inter is loaded by our page; another font that a preset names is the browser's own if it has it.
  moveProperty(HTMLLinkElement.prototype, "href", (address) =>
    address.startsWith("https://fonts.g") ? "/console/no-font.css" : address);

  const plainAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    const isMedia = this instanceof HTMLMediaElement && name.toLowerCase() === "src";
    plainAttribute.call(this, name, isMedia ? moved(String(value)) : value);
  };

  // The UI kit's link "Troubleshoot" would take the participant's token to Cloudflare.
  document.addEventListener("click", (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (link && link.hostname.endsWith(".realtime.cloudflare.com")) {
      event.preventDefault();
      window.open("/console/help.html", "_blank", "noopener,noreferrer");
    }
  }, true);

  window.roomtape = { baseURI: base };
})();
