// The same preview with sharp, written to a file if an output path is given. The working directory must contain node_modules.
import { createRequire } from "node:module";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
const sharp = createRequire(process.cwd() + "/package.json")("sharp");
const [photo, output] = process.argv.slice(2);
const begun = process.hrtime.bigint();
const preview = await sharp(photo).rotate().resize(1024, 1024, { fit: "inside" }).jpeg({ quality: 85 }).toBuffer();
const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
if (output) writeFileSync(output, preview);
const status = "/proc/self/status";
const kilobytes = existsSync(status)
  ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, "utf8"))[1])
  : process.resourceUsage().maxRSS;
console.log(JSON.stringify({ seconds, peak_mb: (kilobytes * 1024) / 1e6 }));
