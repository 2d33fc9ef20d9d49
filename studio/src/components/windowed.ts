// Which rows of a long list are in view, so that only these are drawn.
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

interface Slice {
  first: number;
  last: number;
  width: number;
}

/**
 * Follow the scrolling of a box whose rows have one height.
 *
 * @param box The box that scrolls.
 * @param rowHeight Height of a row by the width within the box, in pixels.
 * @param overscan How many rows beyond the box are drawn as well, on either side.
 */
export function useSlice(
  box: RefObject<HTMLElement | null>,
  rowHeight: (width: number) => number,
  overscan: number,
): Slice {
  const [slice, setSlice] = useState<Slice>({ first: 0, last: 40, width: 0 });
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => {
      const { paddingLeft, paddingRight } = getComputedStyle(element);
      const width = element.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
      const height = rowHeight(width);
      const first = Math.max(0, Math.floor(element.scrollTop / height) - overscan);
      const last = Math.ceil((element.scrollTop + element.clientHeight) / height) + overscan;
      setSlice((old) =>
        old.first === first && old.last === last && old.width === width ? old : { first, last, width },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, [box]);
  return slice;
}
