// The rows of a table that the kernel has told, and those that it is asked for.

const CHUNK = 64; // rows that are asked for at once
const MOST = 64; // chunks that are kept

export class TableRows {
  constructor(kernel, onArrived) {
    this.kernel = kernel;
    this.onArrived = onArrived;
    this.chunks = new Map();
    this.wanted = [];
  }

  restart(version, length) {
    this.version = version;
    this.length = length;
    this.chunks.clear();
  }

  get(row) {
    const chunk = this.chunks.get(Math.floor(row / CHUNK));
    const at = row % CHUNK;
    return chunk?.rows[at] && { cells: chunk.rows[at], mark: chunk.marks?.[at] };
  }

  // One question at a time: what has gone out of view meanwhile is not asked for.
  async want(first, last) {
    this.wanted = [];
    for (let i = Math.floor(first / CHUNK); i * CHUNK <= last; i++) this.wanted.push(i);
    if (this.asking) return;
    this.asking = true;
    try {
      for (let next = this.missing(); next !== undefined; next = this.missing()) await this.ask(next);
    } catch {
      this.wanted = []; // asked for again when the table is drawn again
    } finally {
      this.asking = false;
    }
  }

  missing() {
    return this.wanted.find((chunk) => !this.chunks.has(chunk));
  }

  async ask(chunk) {
    const { version } = this;
    const first = chunk * CHUNK;
    const last = Math.min(first + CHUNK, this.length);
    const { content } = await this.kernel.ask("rows", { version, first, last });
    if (version !== this.version) return;
    // the kernel has other rows by now, and is about to say so
    if (content.version !== version) throw new Error("other rows");
    if (this.chunks.size >= MOST) this.chunks.delete(this.chunks.keys().next().value);
    this.chunks.set(chunk, content);
    this.onArrived();
  }
}
