import {page} from './page_tmp.js'; console.log(await page());
