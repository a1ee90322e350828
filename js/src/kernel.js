// Questions to the kernel and its answers, over the widget's custom messages.

export class Kernel {
  constructor(model) {
    this.model = model;
    this.waiting = new Map();
    this.number = 0;
    // Several views of one widget hear all answers: each marks its own questions.
    this.mark = Math.random().toString(36).slice(2);
    this.onMessage = (content, buffers) => this.answer(content, buffers);
    model.on("msg:custom", this.onMessage);
  }

  ask(kind, question = {}) {
    const id = `${this.mark}-${this.number++}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.model.send({ kind, id, ...question });
    });
  }

  tell(kind, content = {}) {
    this.model.send({ kind, ...content });
  }

  answer(content, buffers) {
    const question = this.waiting.get(content.id);
    if (question === undefined) return;
    this.waiting.delete(content.id);
    if (content.error) question.reject(new Error(content.error));
    else question.resolve({ content, buffers });
  }

  close() {
    this.model.off("msg:custom", this.onMessage);
    for (const { reject } of this.waiting.values()) reject(new Error("closed"));
    this.waiting.clear();
  }
}
