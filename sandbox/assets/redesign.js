// The redesigned profile: fetched, rendered late under hashed class names, rendered again at each change of tab.
const root = document.getElementById('profile-root');
let data = null;
let tab = 'Overview';

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'class') made.className = value.split(' ').map((one) => data.classes[one] ?? one).join(' ');
    else if (key === 'onclick') made.addEventListener('click', value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
};

const form = (control, ...children) => element('form', {
  class: 'row', method: 'post', action: `/people/${data.id}/controls/${control}`,
},
element('input', {type: 'hidden', name: 'return_to', value: location.pathname}),
element('input', {type: 'hidden', name: 'application_id', value: data.application_id}), ...children);

const submit = (text, kind = '') => element('button', {class: `button ${kind}`.trim(), type: 'submit', 'data-birch': 'Button'}, text);
const select = (name, label, options) => element('select', {name, 'aria-label': label},
  options.map(([value, text, chosen]) => element('option', {value, selected: chosen ? '' : null}, text)));

const card = (title, provides, ...children) => element('section', {class: 'card', 'data-birch': 'Box', 'data-provides': provides},
  element('h2', {}, title), ...children);

const stages = () => {
  if (data.status !== 'active') {
    const control = data.status === 'hired' ? 'unhire' : 'unreject';
    return card('Application', 'application-status',
      data.rejection_reason ? element('p', {}, `Reason: ${data.rejection_reason}`) : null,
      form(control, submit(control === 'unhire' ? 'Unhire' : 'Unreject')));
  }
  const at = data.stages.findIndex((stage) => stage.id === data.current_stage);
  const next = data.stages[at + 1];
  return card('Move stage', 'move-stage',
    data.stages.length
      ? form('move', element('div', {class: 'stages', role: 'group', 'aria-label': 'Stages'},
        data.stages.map((stage, index) => element('div', {title: stage.name, class: index === at ? 'stage current' : 'stage'},
          element('button', {type: 'submit', name: 'stage_id', value: stage.id, 'aria-current': index === at ? 'step' : null},
            stage.name)))))
      : element('p', {}, 'This prospect has no stage. Convert it to a candidate to move it along.'),
    element('div', {class: 'row'},
      next ? form('move', element('input', {type: 'hidden', name: 'stage_id', value: next.id}),
        submit(`Next stage: ${next.name}`, 'primary')) : null,
      data.prospect
        ? form('convert', select('job_id', 'Job', data.open_jobs.map((job) => [job.id, job.name, job.id === data.job?.id])),
          submit('Convert to candidate', 'primary'))
        : form('hire', submit('Hire')),
      form('reject', select('reason', 'Rejection reason', data.reasons.map((reason) => [reason, reason])),
        submit('Reject', 'danger'))));
};

const panels = {
  Overview: () => [
    stages(),
    data.notes ? card('Notes', 'notes', element('p', {dir: 'auto', class: 'label'}, data.notes)) : null,
  ],
  Details: () => [
    card('Details', 'candidate-details', data.fields.map(([label, value]) => element('div', {class: 'row', 'data-birch': 'Flex'},
      element('span', {class: 'label'}, label), element('span', {}, value)))),
    card('Change source', 'change-source', form('source',
      element('input', {name: 'source', value: data.source ?? '', 'aria-label': 'Source'}), submit('Save source'))),
    card('Remove', 'remove', element('div', {class: 'row'},
      element('a', {class: 'button', href: `/people/${data.id}/merge`}, 'Merge'),
      form('delete_application', submit('Delete application', 'danger')),
      form('anonymize', submit('Anonymize', 'danger')), form('delete', submit('Delete candidate', 'danger')))),
  ],
  Activity: () => [card('Activity', 'activity-feed', element('ol', {class: 'feed'},
    data.activity.map((entry) => element('li', {}, element('span', {}, entry.what),
      element('span', {class: 'label'}, `${entry.who} · ${entry.at.slice(0, 16).replace('T', ' ')}`)))))],
};

const render = () => {
  const initials = data.name.split(/\s+/).map((part) => [...part][0]).slice(0, 2).join('');
  root.replaceChildren(element('main', {class: 'shell', 'data-birch': 'Page'},
    data.notice ? element('p', {class: 'notice', role: 'status'}, data.notice) : null,
    element('header', {class: 'head', 'data-birch': 'Flex', 'data-provides': 'candidate-header'},
      element('span', {class: 'avatar', 'aria-hidden': 'true'}, initials),
      element('div', {},
        element('h1', {class: 'name', dir: 'auto', 'data-birch': 'Heading'}, data.name),
        element('p', {class: 'sub'}, data.headline),
        element('p', {class: 'sub'}, data.job ? data.job.name : 'No job yet')),
      element('span', {class: 'pill'}, data.standing.text)),
    element('div', {class: 'tabs', role: 'tablist', 'data-birch': 'Tabs'},
      Object.keys(panels).map((name) => element('button', {
        class: 'tab', type: 'button', role: 'tab', 'aria-selected': String(name === tab),
        onclick: () => { tab = name; render(); },
      }, name))),
    element('div', {class: 'grid', role: 'tabpanel', 'aria-label': tab}, panels[tab]())));
};

fetch(root.dataset.source).then((answer) => answer.json()).then((answer) => {
  data = answer;
  setTimeout(render, 120);
});
