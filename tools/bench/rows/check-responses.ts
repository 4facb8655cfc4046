/** Checks before and after a measurement that the subjects return the result: a refusal would be cheaper. */

import { bodyOf, headersOf, type Message } from "../load/request.ts";
import { sendRequest, type Subject } from "../subjects/subject.ts";

/** @throws when a subject does not return the result */
export async function checkResponses(subjects: readonly Subject[], message: Message): Promise<void> {
  for (const subject of subjects) {
    const { status, text } = await sendRequest({
      ...subject,
      headers: headersOf(subject),
      body: bodyOf(message),
    });
    if (status !== 200 || !text.includes('"result":{') || text.includes('"isError"'))
      throw new Error(`${subject.name}: answered with ${status}: ${text.slice(0, 300)}`);
  }
}
