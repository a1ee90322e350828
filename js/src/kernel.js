// Questions to the kernel and its answers, over the widget's custom messages.

const PATIENCE = 5000; // ms

export class Kernel {
  constructor(model) {
    this.model = model;
    this.waiting = new Map();
    this.tiles = [];
    this.number = 0;
    this.heard = false; // whether it has ever answered
    this.silent = false; // whether it has let a question wait for long
    this.onSilence = () => {};
    // Several views of one widget hear all answers: each marks its own questions.
    this.mark = Math.random().toString(36).slice(2);
    this.onMessage = (content, buffers) => this.answer(content, buffers);
    model.on("msg:custom", this.onMessage);
    this.timer = setInterval(() => this.listen(), 1000);
  }

  ask(kind, question = {}) {
    return this.wait((id) => this.model.send({ kind, id, ...question }));
  }

  // Tiles that are asked for at once are asked for in one message, of which each costs time.
  askForTile(tile) {
    return this.wait((id) => {
      if (this.tiles.push({ id, ...tile }) > 1) return;
      queueMicrotask(() => this.model.send({ kind: "tiles", tiles: this.tiles.splice(0) }));
    });
  }

  // Lets a question be sent under a name of its own, and waits for the answer.
  wait(send) {
    const id = `${this.mark}-${this.number++}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, since: performance.now() });
      send(id);
    });
  }

  tell(kind, content = {}) {
    this.model.send({ kind, ...content });
  }

  answer(content, buffers) {
    const question = this.waiting.get(content.id);
    if (question === undefined) return;
    this.waiting.delete(content.id);
    this.heard = true;
    this.listen();
    if (content.error) question.reject(new Error(content.error));
    else question.resolve({ content, buffers });
  }

  // Questions are kept in the order in which they were asked: the first has waited longest.
  listen() {
    const [first] = this.waiting.values();
    const silent = first !== undefined && performance.now() - first.since > PATIENCE;
    if (silent === this.silent) return;
    this.silent = silent;
    this.onSilence();
  }

  close() {
    clearInterval(this.timer);
    this.model.off("msg:custom", this.onMessage);
    for (const { reject } of this.waiting.values()) reject(new Error("closed"));
    this.waiting.clear();
  }
}
