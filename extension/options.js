import { start } from './page.js';

// A click on Connect before the core has started counts as soon as it has.
const form = document.getElementById('connect');
let isClicked = false;
const hold = (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  isClicked = true;
};
form.addEventListener('submit', hold);
if (await start('options_page')) {
  form.removeEventListener('submit', hold);
  if (isClicked) form.requestSubmit();
}
