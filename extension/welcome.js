import { start } from './page.js';

await start('welcome_page');
