import { start } from './page.js';

await start('candidates_page');
