// What every page has: times in the viewer's zone, keys, notices, and live parts that follow what changes.
import { localise } from "./desk/times.js";
import { followChanges } from "./desk/live.js";
import { setUpKeys } from "./desk/keys.js";
import { setUpMenus } from "./desk/menus.js";

localise(document);
setUpMenus();
setUpKeys();
followChanges();
