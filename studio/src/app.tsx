// The whole page: the navigation, what is wrong with the clock or the connection, and the view.
import { useEffect, useRef } from "preact/hooks";
import { Banner } from "./components/banner";
import { Sidebar } from "./components/sidebar";
import { place } from "./router";
import { ClockView } from "./views/clock";
import { ExchangeView } from "./views/exchange";
import { Exchanges } from "./views/exchanges";
import { Faults } from "./views/faults";
import { PredictionView } from "./views/prediction";
import { Predictions } from "./views/predictions";
import { State } from "./views/state";
import { Webhooks } from "./views/webhooks";

function View() {
  const { view, argument } = place.value;
  switch (view) {
    case "exchanges":
      return /^\d+$/.test(argument) ? <ExchangeView number={Number(argument)} /> : <Exchanges />;
    case "webhooks":
      return <Webhooks />;
    case "clock":
      return <ClockView />;
    case "faults":
      return <Faults />;
    case "state":
      return <State />;
    default:
      return argument ? <PredictionView id={argument} /> : <Predictions />;
  }
}

/** Keep the focus in the page when the link that had it is gone with its view. */
function useFocus() {
  const { view, argument } = place.value;
  const first = useRef(true);
  useEffect(() => {
    // At the start, the Tab key begins with the skip link.
    if (first.current) {
      first.current = false;
      return undefined;
    }
    const lost = window.setTimeout(() => {
      if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
    }, 60);
    return () => window.clearTimeout(lost);
  }, [view, argument]);
}

export function App() {
  useFocus();
  const skip = (event: Event) => {
    // Not by the link's address, which is the place in the page.
    event.preventDefault();
    document.getElementById("main")?.focus();
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: a skip link, which screen readers list among the links */}
      <a class="skip" href="#main" onClick={skip}>
        Skip to content
      </a>
      <Sidebar />
      <div class="content">
        <Banner />
        <main id="main" tabIndex={-1}>
          <View />
        </main>
      </div>
    </>
  );
}
