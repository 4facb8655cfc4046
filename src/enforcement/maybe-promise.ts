/** A value that is known at once, or after a store was asked: a decision in memory makes no promise. */

export type MaybePromise<T> = T | Promise<T>;

/** Calls `next` with the value: at once when it is known, else when the promise resolves. */
export function whenDecided<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
