"""The merchant's page for the watermark, inside Shopify's admin: every change is seen at once, on the server's own preview.

The page itself holds nothing of any shop: it reads and writes with the session token that App Bridge gives it.
Sources: shopify.dev/docs/api/app-bridge-library, shopify.dev/docs/apps/build/security/set-up-iframe-protection.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape

from chalicelib.studio.watermark import Position

APP_BRIDGE = "https://cdn.shopify.com/shopifycloud/app-bridge.js"
"""Shopify asks that it is loaded from there, always."""

_STYLE = """
*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;color:#1b1d21;background:#f6f6f7;margin:0}
main{max-width:60rem;margin:0 auto;padding:1rem;display:grid;gap:1.2rem}@media(min-width:46rem){main{grid-template-columns:20rem 1fr}
h1{grid-column:1/-1}}h1{font-size:1.4rem;margin:0}fieldset{border:0;padding:0;margin:0 0 1.1rem}
legend,.head{font-weight:650;display:block;margin-bottom:.3rem}.hint{color:#555c66;margin:.1rem 0}
input[type=file],button{font:inherit;min-height:44px;width:100%}input[type=file]{padding:.5rem;border:1px solid #8b929c;border-radius:8px;
background:#fff}input[type=range]{width:100%;min-height:44px}label.line{display:flex;gap:.6rem;align-items:center;min-height:44px}
button{font-weight:650;border:0;border-radius:8px;background:#0b57d0;color:#fff}button[disabled]{background:#6b7280}
:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}#preview{width:100%;height:auto;border-radius:8px;background:#e4e5e7;
aspect-ratio:3/2;object-fit:contain}.error{color:#a50e0e;font-weight:600;margin:.4rem 0}.error:empty{display:none}
#status{min-height:1.5rem;margin:.6rem 0}
"""

_SCRIPT = """
const $=id=>document.getElementById(id),base='../v1/studio/watermark';let tag=null,image=null,timer=null,asked=0;
class Told extends Error{}
async function call(method,path,body,headers={}){
  const answer=await fetch(base+path,{method,headers:{Authorization:'Bearer '+await shopify.idToken(),
    'Content-Type':'application/json',...headers},body:body?JSON.stringify(body):undefined}).catch(()=>null);
  if(!answer)throw new Told('You seem to be offline. Please try again.');
  const read=await answer.json().catch(()=>({}));
  if(!answer.ok){const e=new Told(answer.status===412?'Somebody else changed it. Load the page again to see how it is now.':
    read.errors?read.errors.map(x=>x.message).join(' '):read.detail||'Something went wrong. Please try again.');e.code=read.code;throw e}
  return{read,tag:answer.headers.get('ETag')}}
const settings=()=>({opacity:$('opacity').value,size_percentage:$('size').value,
  position:document.querySelector('input[name=position]:checked').value,...(image?{image}:{})});
function fill(mark){$('opacity').value=mark.opacity;$('size').value=mark.size_percentage;$('active').checked=mark.is_active;
  document.querySelector('input[name=position][value='+mark.position+']').checked=true;words()}
function words(){$('opacity-words').textContent=Math.round($('opacity').value*100)+' %';$('size-words').textContent=$('size').value+' % of the width'}
async function look(){
  const mine=++asked;
  try{const{read}=await call('POST','/preview',settings());if(mine===asked)$('preview').src='data:image/jpeg;base64,'+read.preview;
    $('error').textContent=''}
  catch(e){if(mine===asked)$('error').textContent=e.code==='WatermarkMissing'?'Choose a picture for the watermark.':e.message}}
const soon=()=>{words();clearTimeout(timer);timer=setTimeout(look,200)};
$('form').addEventListener('input',event=>{if(event.target.id!=='file')soon()});
$('file').addEventListener('change',()=>{const file=$('file').files[0];if(!file)return;
  if(file.size>500000){$('error').textContent='The picture may have 500 KB.';return}
  const reader=new FileReader();reader.onload=()=>{image=reader.result.split(',')[1];look()};reader.readAsDataURL(file)});
$('form').addEventListener('submit',async event=>{event.preventDefault();$('save').disabled=true;$('status').textContent='Saving\\u2026';
  try{const answer=await call('PUT','',{...settings(),is_active:$('active').checked},tag?{'If-Match':tag}:{});
    tag=answer.tag;image=null;$('file').value='';$('error').textContent='';$('status').textContent='Saved.'}
  catch(e){$('status').textContent='';$('error').textContent=e.message}
  $('save').disabled=false});
call('GET','').then(answer=>{tag=answer.tag;fill(answer.read)}).catch(e=>{if(e.code!=='WatermarkMissing')$('error').textContent=e.message})
  .finally(()=>{words();look()});
"""

_NAMES = {
    Position.TOP_LEFT: "Top left",
    Position.TOP_RIGHT: "Top right",
    Position.CENTER: "Centre",
    Position.BOTTOM_LEFT: "Bottom left",
    Position.BOTTOM_RIGHT: "Bottom right",
}


def headers(shop: str | None, stand_in: str | None) -> dict[str, str]:
    """What goes with the page. Only the shop's own admin may frame it; `stand_in` is the address of Shopify's, if any."""
    frames = " ".join(filter(None, [f"https://{shop}" if shop else None, "https://admin.shopify.com", stand_in]))
    scripts = f"'{_hash(_SCRIPT)}' {stand_in or 'https://cdn.shopify.com'}"
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src '{_hash(_STYLE)}'; img-src data:; connect-src *; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {frames}"
    )
    return {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, "Cache-Control": "no-store"}


def render(api_key: str, app_bridge: str = APP_BRIDGE) -> str:
    """The page; `api_key` is the Shopify app's, which App Bridge wants to know."""
    positions = "".join(
        f'<label class="line"><input type="radio" name="position" value="{position.value}"'
        f"{' checked' if position is Position.BOTTOM_RIGHT else ''}>{name}</label>"
        for position, name in _NAMES.items()
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Watermark</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="shopify-api-key" content="{escape(api_key)}">
<script src="{escape(app_bridge)}"></script><style>{_STYLE}</style></head>
<body><main><h1>Watermark of your previews</h1>
<form id="form" novalidate>
<fieldset><label class="head" for="file">Picture</label><p class="hint" id="file-hint">PNG, JPEG or WebP, at most 500 KB.</p>
<input id="file" type="file" accept="image/png,image/jpeg,image/webp" aria-describedby="file-hint error"></fieldset>
<fieldset><label class="head" for="opacity">Opacity <output id="opacity-words" for="opacity"></output></label>
<input id="opacity" type="range" min="0" max="1" step="0.05" value="0.3"></fieldset>
<fieldset><label class="head" for="size">Size <output id="size-words" for="size"></output></label>
<input id="size" type="range" min="1" max="100" step="1" value="10"></fieldset>
<fieldset><legend>Place</legend>{positions}</fieldset>
<fieldset><label class="line"><input id="active" type="checkbox" checked>Put it on previews</label></fieldset>
<button id="save" type="submit">Save</button>
<p id="status" role="status" aria-live="polite"></p><p class="error" id="error" role="alert"></p>
</form>
<img id="preview" alt="A landscape with the watermark as it is set">
<script>{_SCRIPT}</script></main></body></html>
"""


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
