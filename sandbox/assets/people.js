// "Load more" appends the next page's rows to the list that is shown.
const button = document.getElementById('load-more');
const rows = document.getElementById('people-rows');
button?.addEventListener('click', async () => {
  button.disabled = true;
  const answer = await fetch(button.dataset.next);
  const fragment = new DOMParser().parseFromString(await answer.text(), 'text/html');
  rows.append(...fragment.querySelectorAll('tr'));
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
