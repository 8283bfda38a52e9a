/** Asks again until `check` gives something without throwing; its last complaint when it never does. */
export async function eventually<T>(check: () => Promise<T> | T, { withinMs = 10_000, everyMs = 15 } = {}): Promise<T> {
  const end = performance.now() + withinMs;
  while (true) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
}
