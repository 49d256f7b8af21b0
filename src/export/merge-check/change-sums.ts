/** How the change that is found in some weights lies to the change that an adapter means to make there. */
export interface ChangeEstimate {
  /** ⟨found, meant⟩ / ⟨meant, meant⟩: 1 when the adapter was merged once, 0 when it was not, 2 when it was twice. */
  readonly kept: number;
  /** Standard error of `kept`. */
  readonly standardError: number;
  /** ‖found − kept · meant‖ / ‖meant‖. */
  readonly noise: number;
}

/**
 * Sums over weights from which {@link ChangeEstimate} follows: a regression of the found change on the meant one, without
 * an intercept. What is left over is rounding, which is independent from row to row, as the blocks of a quantised row
 * are rounded by themselves; so the error of `kept` is the cluster-robust one with a cluster a row: the root of
 * Σ_rows (Σ_row rest · meant)², over ⟨meant, meant⟩. (Liang and Zeger 1986; no finite-sample factor: rows are many.)
 */
export class ChangeSums {
  weights = 0;
  elements = 0;
  /** Elements that differ from the base's. */
  changed = 0;
  /** Σ meant² */
  #meant = 0;
  /** Σ found² */
  #found = 0;
  /** Σ found · meant */
  #product = 0;
  // Over rows, with u = Σ found · meant and v = Σ meant² of a row: Σ u², Σ u v, Σ v².
  #uu = 0;
  #uv = 0;
  #vv = 0;

  /**
   * Takes rows of a weight into account: as they are in the base, with the adapter merged, and in the fine-tune.
   * @param base f32 (rows, columns); as `merged` and `ft`
   */
  addRows(base: Float32Array, merged: Float32Array, ft: Float32Array, columns: number): void {
    for (let start = 0; start < base.length; start += columns) {
      let [u, v, squares, changed] = [0, 0, 0, 0];
      for (let i = start; i < start + columns; i++) {
        const found = ft[i]! - base[i]!;
        const meant = merged[i]! - base[i]!;
        u += found * meant;
        v += meant * meant;
        squares += found * found;
        if (found !== 0) changed++;
      }
      this.changed += changed;
      this.#found += squares;
      this.#product += u;
      this.#meant += v;
      this.#uu += u * u;
      this.#uv += u * v;
      this.#vv += v * v;
    }
    this.elements += base.length;
  }

  /** Takes the sums of other weights into account. */
  add(other: ChangeSums): void {
    this.weights += other.weights;
    this.elements += other.elements;
    this.changed += other.changed;
    this.#meant += other.#meant;
    this.#found += other.#found;
    this.#product += other.#product;
    this.#uu += other.#uu;
    this.#uv += other.#uv;
    this.#vv += other.#vv;
  }

  /** Undefined where the adapter changes nothing. */
  estimate(): ChangeEstimate | undefined {
    const meant = this.#meant;
    if (meant === 0) return undefined;
    const kept = this.#product / meant;
    const scores = this.#uu - 2 * kept * this.#uv + kept * kept * this.#vv;
    return {
      kept,
      standardError: Math.sqrt(Math.max(0, scores)) / meant,
      noise: Math.sqrt(Math.max(0, this.#found / meant - kept * kept)),
    };
  }
}
