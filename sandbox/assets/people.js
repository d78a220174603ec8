// "Load more" appends the next page's rows to the list that is shown.
//
// With `?render=keyed` or `?render=recycled` in the page's address, a script draws the list after each
// change, as libraries do it: keyed, each person has one row, which moves along (by React's rule: a row
// that stands behind those before it stays, the others go before the next that stays); recycled, the
// first row shows the first person, whoever that is. `window.people` holds who is shown; `draw()` it.
const button = document.getElementById('load-more');
const rows = document.getElementById('people-rows');
const render = new URLSearchParams(location.search).get('render');
const people = [];
const drawn = [];

const cells = (row) => [...row.children].map((cell) => cell.innerHTML);
const take = (found) => people.push(...[...found].map((row) => ({ id: row.dataset.personId, cells: cells(row) })));
const fill = (row, person) => {
  row.dataset.personId = person.id;
  [...row.children].forEach((cell, index) => {
    if (row.shows?.[index] !== person.cells[index]) cell.innerHTML = person.cells[index];
  });
  row.shows = person.cells;
};
const make = (person) => {
  const row = document.createElement('tr');
  row.className = 'person';
  row.append(...person.cells.map(() => document.createElement('td')));
  row.firstElementChild.className = 'name-cell';
  fill(row, person);
  return row;
};

const draw = {
  keyed() {
    const old = new Map(drawn.map((row, index) => [row.dataset.personId, { row, index }]));
    let last = -1;
    const next = people.map((person) => {
      const known = old.get(person.id);
      old.delete(person.id);
      if (!known) return { row: make(person), moves: true };
      fill(known.row, person);
      const moves = known.index < last;
      if (!moves) last = known.index;
      return { row: known.row, moves };
    });
    for (const { row } of old.values()) rows.removeChild(row);
    next.forEach(({ row, moves }, index) => {
      const anchor = next.slice(index + 1).find((one) => !one.moves)?.row ?? null;
      if (moves) rows.insertBefore(row, anchor);
    });
    drawn.splice(0, drawn.length, ...next.map(({ row }) => row));
  },
  recycled() {
    people.forEach((person, index) => {
      if (drawn[index]) fill(drawn[index], person);
      else rows.appendChild((drawn[index] = make(person)));
    });
    for (const row of drawn.splice(people.length)) rows.removeChild(row);
  },
}[render];

if (draw && rows) {
  take(rows.children);
  rows.replaceChildren();
  draw();
  Object.assign(window, { people, draw });
}

button?.addEventListener('click', async () => {
  button.disabled = true;
  const answer = await fetch(button.dataset.next);
  const fragment = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const more = fragment.querySelectorAll('tr');
  if (draw) {
    take(more);
    draw();
  } else {
    rows.append(...more);
  }
  const page = Number(button.dataset.page) + 1;
  if (page > Number(button.dataset.pages)) {
    button.parentElement.remove();
    return;
  }
  const next = new URL(button.dataset.next, location.href);
  next.searchParams.set('page', page);
  button.dataset.next = next.pathname + next.search;
  button.dataset.page = page;
  button.disabled = false;
});
