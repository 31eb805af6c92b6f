// Owns where tiles lie: rectangles of 16:9 in whole pixels, as large as they can be.
const GAP = 16;

/** Returns [{x, y, width, height}] for `count` tiles within an area of `width` x `height`, in rows, centred. */
export function grid(count, width, height) {
  let best = { width: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const widest = (width - GAP * (columns + 1)) / columns;
    const highest = (height - GAP * (rows + 1)) / rows;
    const tile = Math.floor(Math.min(widest, (highest * 16) / 9) / 16) * 16;
    if (tile > best.width) best = { width: tile, height: (tile / 16) * 9, columns, rows };
  }
  return Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / best.columns);
    const inRow = Math.min(best.columns, count - row * best.columns);
    const left = (width - inRow * (best.width + GAP) + GAP) / 2;
    const top = (height - best.rows * (best.height + GAP) + GAP) / 2;
    return {
      x: Math.round(left + (i % best.columns) * (best.width + GAP)),
      y: Math.round(top + row * (best.height + GAP)),
      width: best.width,
      height: best.height,
    };
  });
}

/** Returns {screens, people}: shared screens take four fifths of the width, people the rest. */
export function arrange(screens, people, width, height) {
  if (!screens) return { screens: [], people: grid(people, width, height) };
  const wide = people ? Math.round(width * 0.8) : width;
  const beside = grid(people, width - wide, height).map((tile) => ({ ...tile, x: tile.x + wide }));
  return { screens: grid(screens, wide, height), people: beside };
}
