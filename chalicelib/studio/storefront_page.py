"""The page on which shoppers make an image of their photo: one document, no framework, nothing fetched from elsewhere.

It talks to the shop's own address only, under the app proxy's path: Shopify signs each call on its way to us.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from typing import Any

_STYLE = """
*{box-sizing:border-box}body{font:17px/1.5 system-ui,sans-serif;color:#1b1d21;background:#fff;margin:0}
main{max-width:44rem;margin:0 auto;padding:1rem}h1{font-size:1.6rem;line-height:1.2}
fieldset{border:0;padding:0;margin:1.6rem 0}legend,label.head{font-weight:650;font-size:1.1rem;display:block;margin:0 0 .5rem}
.hint{color:#555c66;margin:.2rem 0}.styles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.7rem}
.styles label{display:block;border:2px solid #c9ced6;border-radius:10px;padding:.5rem;min-height:44px;cursor:pointer}
.styles input{position:absolute;opacity:0}.styles label:has(:checked){border-color:#0b57d0;background:#eef4ff}
.styles label:has(:focus-visible),button:focus-visible,input:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}
.styles img{width:100%;aspect-ratio:1;object-fit:cover;border-radius:6px;display:block;margin-bottom:.4rem}
input[type=file],input[type=text],select{font:inherit;width:100%;min-height:44px;padding:.5rem;border:1px solid #8b929c;
border-radius:8px;background:#fff;color:inherit}button{font:inherit;font-weight:650;min-height:48px;width:100%;border:0;
border-radius:10px;background:#0b57d0;color:#fff;padding:.6rem 1.2rem;cursor:pointer}
button[disabled]{background:#6b7280;cursor:default}button.second{background:#fff;color:#0b57d0;border:2px solid #0b57d0}
.error{color:#a50e0e;font-weight:600;margin:.4rem 0}.error:empty{display:none}#status{min-height:1.6rem;margin:.8rem 0}
progress{width:100%;height:.8rem;accent-color:#0b57d0}#result img{max-width:100%;height:auto;border-radius:10px;display:block}
#result{display:grid;gap:.8rem}[hidden]{display:none!important}
@media (prefers-color-scheme:dark){body,input,select{background:#15171b!important;color:#eceef1}.hint{color:#a9b0bb}
.styles label{border-color:#4a515c}.styles label:has(:checked){background:#16263f;border-color:#8ab4f8}
.error{color:#ffb4ab}button.second{background:transparent;color:#8ab4f8;border-color:#8ab4f8}}
"""

_SCRIPT = """
const page=JSON.parse(document.getElementById('page').textContent),$=id=>document.getElementById(id);
const key='backroom:'+page.prefix+':'+page.offer.product_id,wait=s=>new Promise(r=>setTimeout(r,s*1000));
let upload=null,property=null;
const say=(text,busy)=>{$('status').textContent=text;$('progress').hidden=!busy;$('make').disabled=!!busy};
const wrong=(id,text)=>{$(id).textContent=text;if(text)$(id).previousElementSibling.focus&&$(id).scrollIntoView({block:'nearest'})};
class Told extends Error{}
async function call(method,path,body,retryKey){
  const url=path.startsWith('/')?path:page.prefix+'/'+path;
  for(let attempt=0;;attempt++){
    let answer;
    try{answer=await fetch(url,{method,headers:{'Content-Type':'application/json',
      ...(retryKey?{'Idempotency-Key':retryKey}:{})},body:body?JSON.stringify(body):undefined})}
    catch(e){if(attempt<4){await wait(2**attempt);continue}throw new Told('You seem to be offline. Please try again.')}
    const read=await answer.json().catch(()=>({}));
    if(answer.ok)return read;
    if(answer.status===503&&attempt<4){await wait(2**attempt);continue}
    throw new Told({QuotaExceeded:'This shop cannot make more images this month.',
      TooManyGenerations:'Many people are making images just now. Please try again in a minute.',
      StorageExceeded:'This shop cannot take more photos at the moment.',
      NotOffered:'This style is not offered any more. Please choose another.',
      InvalidProxySignature:'This page has been open for long. Please load it again.'}[read.code]||read.detail||
      'Something went wrong. Please try again.')}}
async function send(file){
  const types=['image/jpeg','image/png','image/webp'];
  if(file.size>25e6)throw new Told('The file is larger than 25 MB.');
  const begun=await call('POST','uploads',{content_type:types.includes(file.type)?file.type:'image/jpeg'},crypto.randomUUID());
  const form=new FormData();for(const[name,value]of Object.entries(begun.fields))form.append(name,value);
  form.append('file',file);
  const sent=await fetch(begun.url,{method:'POST',body:form}).catch(()=>null);
  if(!sent||!sent.ok)throw new Told('The photo did not arrive. Please try again.');
  const query=begun.token?'?token='+encodeURIComponent(begun.token):'';
  for(let n=0;n<60;n++){
    const seen=await call('GET','uploads/'+begun.id+query);
    if(seen.status==='accepted')return{id:begun.id,token:begun.token};
    if(seen.status==='rejected')throw new Told(seen.reject_reason);
    await wait(Math.min(1+n/4,4))}
  throw new Told('Looking at the photo takes too long. Please try again.')}
async function follow(work){
  sessionStorage.setItem(key,JSON.stringify(work));
  const query=work.token?'?token='+encodeURIComponent(work.token):'';
  for(let n=0;n<120;n++){
    const read=await call('GET',work.poll_url+query);
    if(read.status==='completed')return show(read);
    if(read.status==='failed'){sessionStorage.removeItem(key);throw new Told(read.error_message||'It could not be made.')}
    say('Making your image\\u2026 this takes a few seconds.',true);await wait(Math.min(1+n/5,5))}
  throw new Told('It takes longer than usual. Load the page again in a moment.')}
function show(read){
  property=read.line_item_property;say('Your image is ready.',false);
  $('picture').src=read.preview_url;$('result').hidden=false;$('result').scrollIntoView({behavior:
  matchMedia('(prefers-reduced-motion: reduce)').matches?'auto':'smooth'});$('ready').focus()}
$('picture').addEventListener('error',async()=>{const kept=JSON.parse(sessionStorage.getItem(key)||'null');
  if(kept&&!$('picture').dataset.again){$('picture').dataset.again=1;try{await follow(kept)}catch(e){say(e.message,false)}}});
$('photo').addEventListener('change',()=>{upload=null;wrong('photo-error','')});
$('form').addEventListener('submit',async event=>{
  event.preventDefault();wrong('photo-error','');wrong('style-error','');$('result').hidden=true;
  const file=$('photo').files[0],style=document.querySelector('input[name=style]:checked');
  if(!file){wrong('photo-error','Please choose a photo.');$('photo').focus();return}
  if(!style){wrong('style-error','Please choose a style.');return}
  try{
    if(!upload){say('Sending your photo\\u2026',true);
      try{upload=await send(file)}catch(e){if(e instanceof Told){wrong('photo-error',e.message);say('',false);return}throw e}}
    say('Making your image\\u2026',true);
    const asked=await call('POST','generations',{product_id:page.offer.product_id,style_id:style.value,upload_id:upload.id,
      text:$('words').value,...(upload.token?{upload_token:upload.token}:{})},crypto.randomUUID());
    await follow({poll_url:asked.poll_url,token:upload.token})
  }catch(e){say(e instanceof Told?e.message:'Something went wrong. Please try again.',false)}});
$('cart').addEventListener('click',async()=>{
  $('cart').disabled=true;
  const item={id:Number($('size').value),quantity:1,properties:{[property.name]:property.value}};
  const answer=await fetch('/cart/add.js',{method:'POST',headers:{'Content-Type':'application/json'},
    body:JSON.stringify({items:[item]})}).catch(()=>null);
  $('cart').disabled=false;
  if(answer&&answer.ok){sessionStorage.removeItem(key);location.assign('/cart')}
  else wrong('cart-error','It could not be put into the cart. Please try again.')});
$('again').addEventListener('click',()=>{$('result').hidden=true;$('photo').focus()});
const kept=JSON.parse(sessionStorage.getItem(key)||'null');
if(kept)follow(kept).catch(e=>{sessionStorage.removeItem(key);say(e.message,false)});
"""


def headers() -> dict[str, str]:
    """What goes with the page: nothing may run or load but what is in it, and pictures and uploads by https."""
    sources = f"script-src '{_hash(_SCRIPT)}'; style-src '{_hash(_STYLE)}'"
    policy = f"default-src 'none'; {sources}; img-src * data:; connect-src *; form-action 'none'; base-uri 'none'"
    return {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, "Cache-Control": "no-store"}


def render(offer: dict[str, Any], prefix: str) -> str:
    """The page for what is offered on a product (an `OfferRead` as JSON); `prefix` is the app's path in the shop."""
    title = escape(offer["title"])
    buyable = [size for size in offer["sizes"] if size["shopify_variant_id"]]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}: make it yours</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>
<body><main><h1>Make {title} yours</h1>
<form id="form" novalidate>
<fieldset><label class="head" for="photo">1. Your photo</label>
<p class="hint" id="photo-hint">JPEG, PNG or WebP, at most 25 MB.</p>
<input id="photo" type="file" accept="image/jpeg,image/png,image/webp" aria-describedby="photo-hint photo-error" required>
<p class="error" id="photo-error" role="alert"></p></fieldset>
<fieldset><legend>2. A style</legend><div class="styles">{"".join(_style(style) for style in offer["styles"])}</div>
<p class="error" id="style-error" role="alert"></p></fieldset>
<fieldset><label class="head" for="words">3. A few words, if you like</label>
<input id="words" type="text" maxlength="200" placeholder="in the snow, with a red scarf"></fieldset>
<button id="make" type="submit">Make my image</button>
</form>
<p id="status" role="status" aria-live="polite"></p><progress id="progress" aria-label="Being made" hidden></progress>
<section id="result" aria-labelledby="ready" hidden>
<h2 id="ready" tabindex="-1">Your preview</h2>
<img id="picture" alt="Your photo in the style that you chose, with the shop's watermark">
<p class="hint">The print has no watermark.</p>
<div{"" if buyable else " hidden"}><label class="head" for="size">Size</label>
<select id="size">{"".join(_size(size) for size in buyable)}</select></div>
<button id="cart" type="button"{"" if buyable else " hidden"}>Add to cart</button>
<p class="error" id="cart-error" role="alert"></p>
<button id="again" class="second" type="button">Try another photo or style</button>
</section>
<script type="application/json" id="page">{_json({"offer": offer, "prefix": prefix.rstrip("/")})}</script>
<script>{_SCRIPT}</script></main></body></html>
"""


def _style(style: dict[str, Any]) -> str:
    example = f'<img src="{escape(style["example_url"])}" alt="" loading="lazy">' if style["example_url"] else ""
    return f'<label><input type="radio" name="style" value="{escape(style["id"])}">{example}{escape(style["name"])}</label>'


def _size(size: dict[str, Any]) -> str:
    number = size["shopify_variant_id"].rpartition("/")[2]
    return f'<option value="{escape(number)}">{escape(size["name"])}</option>'


def _json(value: Any) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
