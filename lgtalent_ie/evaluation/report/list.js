"use strict";
// A list of which only the rows that can be seen are on the page, and some above and below them.
// Rows are as high as they are: a height is guessed until its row has been drawn.
// drawRow(position) makes a row; show(count) draws the list anew; node(position) is a drawn row.
function rowList(list, drawRow) {
  const OVERSCAN = 400; // pixels drawn above and below what is seen
  const MOST_ROWS = 60; // rows that are ever on the page at once
  const GUESS = 170; // pixels, before any row has been measured
  let count = 0;
  let heights = new Float64Array(0);
  let tops = new Float64Array(1); // of each row, and the end of the last
  let measured = [];
  const drawn = new Map();

  function stack() {
    for (let i = 0; i < count; i++) tops[i + 1] = tops[i] + heights[i];
  }
  function rowAt(y) {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tops[middle + 1] <= y) low = middle + 1; else high = middle;
    }
    return low;
  }
  function show(rows) {
    count = rows;
    const mean = measured.length ? measured.reduce((a, b) => a + b, 0) / measured.length : GUESS;
    heights = new Float64Array(count).fill(mean);
    tops = new Float64Array(count + 1);
    stack();
    drawn.clear();
    list.replaceChildren();
    draw();
  }
  function draw() {
    const above = -list.getBoundingClientRect().top;
    const first = Math.min(rowAt(Math.max(0, above - OVERSCAN)), Math.max(0, count - 1));
    const end = rowAt(Math.max(0, above + innerHeight + OVERSCAN)) + 1;
    const last = Math.min(count, first + MOST_ROWS, end);
    for (const [position, node] of drawn) {
      if (position >= first && position < last) continue;
      if (node.contains(document.activeElement)) list.focus({ preventScroll: true });
      node.remove();
      drawn.delete(position);
    }
    const fresh = [];
    let next = list.firstChild;
    for (let position = first; position < last; position++) {
      const there = drawn.get(position);
      if (there) { next = there.nextSibling; continue; }
      const node = drawRow(position);
      drawn.set(position, node);
      list.insertBefore(node, next);
      fresh.push(position);
    }
    const anchor = rowAt(Math.max(0, above));
    const before = tops[anchor];
    let moved = false;
    for (const position of fresh) {
      const height = drawn.get(position).offsetHeight;
      if (measured.length < 200) measured.push(height);
      if (height !== heights[position]) { heights[position] = height; moved = true; }
    }
    if (moved) stack();
    list.style.paddingTop = `${tops[first]}px`;
    list.style.paddingBottom = `${tops[count] - tops[last]}px`;
    // What is being read stays where it is, also when a row above turned out higher than guessed.
    if (moved && above > 0 && tops[anchor] !== before) scrollBy(0, tops[anchor] - before);
    if (moved) schedule();
  }
  let waiting = false;
  function schedule() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  addEventListener("scroll", schedule, { passive: true });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) { schedule(); return; }
    width = innerWidth;
    measured = [];
    show(count);
  });
  return { show, node: (position) => drawn.get(position) };
}
