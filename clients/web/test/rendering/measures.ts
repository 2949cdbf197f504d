/** How alike two series of numbers run, -1 to 1. */
export function correlation(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [centered(one), centered(other)];
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function centered(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] as number), 0);
}
