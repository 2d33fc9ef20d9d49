// Browsers refuse to start a worker from a file. A page that was opened from a file runs the search's worker in a frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.frame = frame.contentWindow;
      this.started = new Promise((resolve) => {
        const scope = this.frame;
        scope.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
        const load = (source) =>
          new Promise((loaded) => {
            const script = scope.document.createElement("script");
            script.src = source;
            script.onload = loaded;
            scope.document.body.append(script);
          });
        scope.importScripts = (...sources) => sources.reduce((before, source) => before.then(() => load(source)), Promise.resolve());
        load(new URL(url, location.href).href).then(resolve);
      });
    }
    postMessage(data) {
      this.started.then(() => this.frame.dispatchEvent(new MessageEvent("message", { data })));
    }
    terminate() {
      this.frame.frameElement.remove();
    }
  };
}

// The search reads a query as plain text: in lunr's syntax, `--timeout` would exclude the word. Words are whole, except the
// last, which may still be being typed. What begins with a dash is an option, which the sections of commands describe.
window.Worker = class extends window.Worker {
  postMessage(message) {
    if (message.type === 0) this.separator = new RegExp(message.data.config.separator);
    super.postMessage(message.type === 2 ? { ...message, data: this.query(message.data) } : message);
  }
  query(text) {
    const words = text.replace(/[\^~*+\\]/g, " ").split(this.separator).filter(Boolean);
    const last = words.pop() ?? "";
    const whole = words.map((word) => `${word}^1`);
    const option = last && text.trimStart().startsWith("-");
    return [...whole, ...(option ? [`+${last}*`, "title:zeroscope^1"] : [last])].join(" ");
  }
};
