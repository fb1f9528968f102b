import { makeValidator } from 'envalid';

const KAFKA = /^kafka:\/\/([a-z\d.-]+:\d{1,5}(?:,[a-z\d.-]+:\d{1,5}){0,19})\/?$/i;

/** The URL of an event log: `kafka://host:port,host:port` (up to 20 brokers) or `postgres://…`. */
export const eventsUrl = makeValidator<string>((input) => {
  if (KAFKA.test(input) || (/^postgres(ql)?:/.test(input) && URL.canParse(input))) return input;
  throw new Error('a URL like kafka://host:9092,host:9093 or one that starts with postgres://');
});

/** The `host:port` of each broker in the URL; empty if it is not a Kafka URL. */
export function brokersOf(url: string): string[] {
  return KAFKA.exec(url)?.[1]?.split(',') ?? [];
}
