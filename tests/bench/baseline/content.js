const host = document.createElement('atsi-view');
host.style.cssText = 'display: inline-flex; align-items: center; block-size: 0; margin-left: 8px; vertical-align: middle';
const root = host.attachShadow({ mode: 'closed' });
const button = document.createElement('button');
button.textContent = 'Send to ATS';
button.style.cssText = 'padding: 4px 12px; border: 1px solid transparent; border-radius: 7px; background: #4f46e5; color: #fff; font: 500 13px/18px system-ui, sans-serif; cursor: pointer';
button.addEventListener('click', () => console.log('Send to ATS'));
root.append(button);
document.querySelector('h1').append(host);
