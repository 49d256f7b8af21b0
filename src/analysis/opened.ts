interface Closable {
  close(): Promise<void>;
}

/** What is open, to be closed together in a `finally`. Something that opens too late is closed at once. */
export class Opened {
  readonly #resources: Closable[] = [];
  #closed = false;

  add<Resource extends Closable>(resource: Resource): Resource {
    if (this.#closed) void resource.close();
    else this.#resources.push(resource);
    return resource;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#resources.map((resource) => resource.close()));
  }
}
