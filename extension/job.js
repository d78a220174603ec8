import { start } from './page.js';

await start('job_page');
