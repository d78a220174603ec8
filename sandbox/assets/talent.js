// The single-page talent browser: renders late, re-renders whole, and moves by the history API.
const view = document.getElementById('talent-view');
const list = document.getElementById('talent-list');
let people = [];
let shown = null;
let navigation = 0;

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'onclick') made.addEventListener('click', value);
    else if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
};

const initials = (name) => name.split(/\s+/).filter((part) => !/[.(]/.test(part)).map((part) => [...part][0])
  .slice(0, 2).join('');

const section = (title, ...children) => element('section', {class: 'panel'}, element('h2', {}, title), ...children);

const render = ({id, profile, resume}) => {
  const field = (label, link, text) => element('li', {}, element('span', {class: 'muted'}, label), ' ',
    element('a', {href: link}, text));
  const contact = [
    ...profile.emails.map((email) => field('E-mail', `mailto:${email}`, email)),
    ...profile.phones.map((phone) => field(phone.label || 'Phone', `tel:${phone.number.replace(/[^\d+]/g, '')}`,
      phone.number)),
    ...profile.links.map((link) => field(link.label, link.url, link.url)),
  ];
  const entries = (items, line) => items.map((item) => element('article', {class: 'entry'},
    element('h3', {}, item.title || item.school), element('p', {class: 'muted'}, line(item)),
    item.summary ? element('p', {}, item.summary) : null));
  const main = element('main', {class: 'profile', 'data-candidate-id': id},
    element('header', {class: 'profile-head'},
      element('span', {class: 'avatar hue-3', 'aria-hidden': 'true'}, initials(profile.name)),
      element('div', {},
        element('h1', {dir: 'auto'}, profile.name),
        element('p', {class: 'headline'}, profile.headline),
        element('p', {class: 'muted'}, profile.location),
        element('div', {class: 'profile-actions'},
          element('a', {class: 'button message', href: '/login'}, 'Message'),
          resume ? element('a', {class: 'button', href: resume}, 'Download résumé') : null,
          element('button', {class: 'button', type: 'button'}, 'Save for later')))),
    element('div', {class: 'columns'},
      element('div', {},
        profile.about ? section('About', element('p', {dir: 'auto'}, profile.about)) : null,
        profile.experience.length
          ? section('Experience', ...entries(profile.experience, (item) => `${item.company} · ${item.years}`)) : null,
        profile.education.length
          ? section('Education', ...entries(profile.education, (item) => `${item.degree} · ${item.years}`)) : null),
      element('aside', {},
        contact.length ? section('Contact', element('ul', {class: 'plain'}, ...contact)) : null,
        profile.skills.length
          ? section('Skills', element('ul', {class: 'tags'}, ...profile.skills.map((skill) => element('li', {}, skill))))
          : null)));
  const at = people.findIndex((person) => person.id === id);
  const step = (by, label) => element('button', {
    class: 'button small', type: 'button', onclick: () => go(people[(at + by + people.length) % people.length].path),
  }, label);
  const toolbar = element('div', {class: 'talent-toolbar'}, step(-1, 'Previous'), step(1, 'Next'),
    element('button', {class: 'button small', type: 'button', onclick: () => show()}, 'Re-render'));
  view.replaceChildren(toolbar, main);
};

const show = () => {
  document.title = `${shown.profile.name} | Jopwell`;
  render(shown);
  list.replaceChildren(...people.map((person) => element('li', {},
    element('a', {
      href: person.path, 'aria-current': person.id === shown.id ? 'page' : null,
      onclick: (event) => { event.preventDefault(); go(person.path); },
    }, element('strong', {dir: 'auto'}, person.name), element('span', {class: 'muted'}, person.headline)))));
};

// What was shown stays until the next person has arrived.
const load = async () => {
  const mine = ++navigation;
  const id = location.pathname.split('/').pop();
  const [answer] = await Promise.all([fetch(`/api/talent/${id}`), new Promise((done) => setTimeout(done, 150))]);
  if (mine !== navigation || !answer.ok) return;
  shown = await answer.json();
  if (mine === navigation) show();
};

const go = (path) => {
  history.pushState(null, '', path);
  load();
};

addEventListener('popstate', load);
fetch('/api/talent').then((answer) => answer.json()).then((found) => {
  people = found;
  load();
});
