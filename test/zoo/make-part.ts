/** The thread that makes one part. */

import { workerData } from "node:worker_threads";
import { makePart, type Part } from "./toolchains.ts";

makePart(workerData as Part);
