// Starts the page.
import { render } from "preact";
import { App } from "./app";
import { followClock } from "./clock";
import { followExchanges } from "./exchanges";
import { follow } from "./live";
import "./styles/app.css";

const root = document.getElementById("app");
if (root) {
  followClock();
  followExchanges();
  follow();
  render(<App />, root);
}
