// The same preview with sharp. The working directory must contain node_modules.
import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
const sharp = createRequire(process.cwd() + "/package.json")("sharp");
const photo = process.argv[2];
const begun = process.hrtime.bigint();
await sharp(photo).rotate().resize(1024, 1024, { fit: "inside" }).jpeg({ quality: 85 }).toBuffer();
const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
const status = "/proc/self/status";
const kilobytes = existsSync(status)
  ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, "utf8"))[1])
  : process.resourceUsage().maxRSS;
console.log(JSON.stringify({ seconds, peak_mb: (kilobytes * 1024) / 1e6 }));
