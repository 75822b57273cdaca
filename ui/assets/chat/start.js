/* The scripts of the chat tab, in the order in which they need each other. */
import "./asking.js";
import "./actions.js";
import "./tips.js";
import "./offline.js";

export { narrow, start } from "./talk.js";
