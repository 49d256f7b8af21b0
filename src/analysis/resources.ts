interface Closable {
  close(): Promise<void>;
}

/** Everything that is open, to be closed together in a `finally`. Something that opens too late is closed at once. */
export class Resources {
  readonly #open: Closable[] = [];
  #closed = false;

  add<Resource extends Closable>(resource: Resource): Resource {
    if (this.#closed) void resource.close();
    else this.#open.push(resource);
    return resource;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#open.map((resource) => resource.close()));
  }
}
