// Times on the server's clock: local, with the exact one in UTC in the title.
import { age, day, ticking, timeOfDay, utc } from "../clock";

const iso = (time: number) => {
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
};

/** A time of day. */
export function Time({ value, milliseconds = false }: { value: number; milliseconds?: boolean }) {
  return (
    <time dateTime={iso(value)} title={`${day(value)} · ${utc(value)}`}>
      {timeOfDay(value, milliseconds)}
    </time>
  );
}

/** How long ago a time was. */
export function Age({ value }: { value: number }) {
  return (
    <time dateTime={iso(value)} title={`${timeOfDay(value)} · ${utc(value)}`}>
      {age(value, ticking.value)}
    </time>
  );
}
