(function (w, d, n) {
  // <script defer src=".../analytics/snippet.js" data-key="pk_..."></script>
  // Stores nothing. Silent under Global Privacy Control and Do Not Track.
  var script = d.currentScript, url = new URL("../v1/analytics/events", script.src).href;
  var silent = n.globalPrivacyControl || n.doNotTrack == "1" || w.doNotTrack == "1";
  var path, hex = "0123456789abcdef";

  function id() {
    var bytes = crypto.getRandomValues(new Uint8Array(31)), i = 0;
    return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, function () {
      return hex[bytes[i++] % 16];
    });
  }

  function send(type, name, data) {
    if (silent) return;
    var now = new Date().toISOString(), event = {id: id(), type: type, name: name, at: now, path: path};
    if (type == "page_view" && d.referrer) event.referrer = d.referrer.split(/[?#]/)[0].slice(0, 500);
    if (data) event.data = data;
    var body = JSON.stringify({key: script.dataset.key, sent_at: now, events: [event]});
    // Text needs no preflight request.
    if (!n.sendBeacon || !n.sendBeacon(url, body)) {
      fetch(url, {method: "POST", body: body, keepalive: true}).catch(function () {});
    }
  }

  function view() {
    var utm = location.search.slice(1).split("&").filter(function (pair) { return /^utm_/.test(pair); });
    var next = (location.pathname + (utm[0] ? "?" + utm.join("&") : "")).slice(0, 500);
    if (next == path) return;
    path = next;
    send("page_view", "page_view");
  }

  var push = history.pushState;
  history.pushState = function () {
    push.apply(history, arguments);
    view();
  };
  w.addEventListener("popstate", view);
  d.addEventListener("visibilitychange", function () {
    if (d.visibilityState == "hidden") send("page_leave", "page_leave");
  });
  w.backroom = {track: function (name, data) { send("user_action", name, data); }};
  view();
})(window, document, navigator);
