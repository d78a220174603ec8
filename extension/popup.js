import { start } from './page.js';

await start('popup_page');
