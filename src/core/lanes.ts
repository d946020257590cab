/** Works on at most so many items at a time; the values are in the items' order. */
export async function inLanes<Item, Value>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Value>,
): Promise<Value[]> {
  const values: Value[] = [];
  const left = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) values[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return values;
}
