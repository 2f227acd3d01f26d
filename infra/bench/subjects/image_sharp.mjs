// The same preview with sharp. Run with the folder that holds node_modules as working directory.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const sharp = createRequire(process.cwd() + "/package.json")("sharp");
const path = process.argv[3];
const begun = process.hrtime.bigint();
await sharp(path).rotate().resize(1024, 1024, { fit: "inside" }).jpeg({ quality: 85 }).toBuffer();
const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1];
console.log(JSON.stringify({ seconds, peak_mb: (Number(peak) * 1024) / 1e6 }));
