// Icons, drawn with lines of one width.
const PATHS = {
  predictions: "M2.5 3.5h11v9h-11zM6.75 6v4l3.25-2z",
  exchanges: "M2.5 5.5h10m-2.5-2.5 2.5 2.5-2.5 2.5M13.5 10.5h-10m2.5-2.5-2.5 2.5 2.5 2.5",
  webhooks: "M8 2.5v7m0 0-2.5-2.5M8 9.5 10.5 7M2.5 10.5v3h11v-3",
  clock: "M8 2.25a5.75 5.75 0 1 0 0 11.5a5.75 5.75 0 0 0 0-11.5zM8 5v3.25l2 1.5",
  faults: "M8 2.5 14 13H2zM8 6.5v3M8 11.1v.3",
  state: "M3 4c0-2 10-2 10 0v8c0 2-10 2-10 0zM3 4c0 2 10 2 10 0M3 8c0 2 10 2 10 0",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  done: "M3 8.5l3.25 3.25L13 5",
  shell: "M3 4.5 6.5 8 3 11.5M8 11.5h5",
  back: "M9.5 3.5 5 8l4.5 4.5",
  next: "M6.5 3.5 11 8l-4.5 4.5",
  close: "M4 4l8 8M12 4l-8 8",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.25v9.5L12.5 8z",
  search: "M7 2.75a4.25 4.25 0 1 0 0 8.5a4.25 4.25 0 0 0 0-8.5zM10.2 10.2 13.5 13.5",
  text: "M3 4h10M3 7h10M3 10h7",
  sound: "M3 6.5v3h2.25L8.5 12V4L5.25 6.5zM11 6c1 1 1 3 0 4M12.75 4.25c2 2 2 5.5 0 7.5",
  file: "M4 2.5h5L12 5.5v8H4zM9 2.5v3h3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
