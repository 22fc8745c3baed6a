"""The style sheet of a guide in HTML: quiet, readable on a telephone and on paper, light and dark.

Rule protected: nothing is loaded from anywhere, and no text depends on colour alone.
"""

STYLE = """
:root{--ink:#1d2327;--soft:#5a646c;--line:#d9dee2;--paper:#fff;--tint:#f5f7f8;--accent:#1a5a80;--must:#7a3b00;
--wrong:#a3201f;--wrong-tint:#fdf3f2}
@media (prefers-color-scheme:dark){:root{--ink:#e3e7ea;--soft:#9aa5ad;--line:#363f46;--paper:#15191c;--tint:#1d2327;
--accent:#86c0e4;--must:#e9b078;--wrong:#f0938c;--wrong-tint:#2b1c1c}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0 auto;padding:2.5rem 1.25rem 5rem;max-width:62rem;color:var(--ink);background:var(--paper);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .6rem;letter-spacing:-.01em}
h2{font-size:1.35rem;line-height:1.3;margin:3rem 0 1rem;padding-bottom:.35rem;border-bottom:1px solid var(--line)}
h3{font-size:1.1rem;margin:2rem 0 .3rem}
h4,h5,h6{font-size:1rem;margin:1.6rem 0 .3rem}
p{margin:.5rem 0}
a{color:var(--accent);text-underline-offset:.15em;text-decoration-thickness:.06em}
a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code,pre,.tag{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.92em}
code{overflow-wrap:anywhere}
.tag{font-weight:600}
.kind{margin:0;color:var(--soft);font-weight:600;font-size:.9rem;letter-spacing:.02em}
.lead{font-size:1.08rem;color:var(--soft)}
.quiet,.where{color:var(--soft);font-size:.9rem}
.where>*{margin-right:.8rem}
.note{border-left:3px solid var(--accent);padding:.1rem 0 .1rem .8rem;white-space:pre-line}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.4rem .8rem}
nav{background:var(--tint);border-radius:.5rem;padding:1rem 1.25rem;margin:2rem 0}
nav h2{border:0;margin:0 0 .4rem;padding:0;font-size:1rem}
nav ol{margin:0;padding-left:1.4rem;columns:2;column-gap:2rem}
nav li{padding:.12rem 0;break-inside:avoid}
table{border-collapse:collapse;width:100%;margin:.8rem 0;font-size:.93rem}
th,td{text-align:left;vertical-align:top;padding:.42rem .6rem;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;font-size:.82rem;border-bottom-width:2px}
tbody th{font-weight:400}
.wide{overflow-x:auto}
.tree th[scope=row]{white-space:nowrap}
.tree tr.loop{background:var(--tint)}
.tree .loop .loop{color:var(--soft);font-size:.82rem}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead th:last-child{white-space:nowrap}
.elements{table-layout:fixed}
.elements th:nth-child(1){width:6.4rem}.elements th:nth-child(3){width:8.2rem}
.elements th:nth-child(2),.elements th:nth-child(4){width:21%}
.usage.must{color:var(--must);font-weight:600}
.usage.may{color:var(--soft)}
.cards ul.inline,.cards p{margin:.25rem 0 0}
ul.inline{list-style:none;padding:0}
ul.inline li{padding:.08rem 0}
ul{padding-left:1.3rem}
.place{scroll-margin-top:1rem}
.place+.place{margin-top:2.2rem}
.place.group{margin-top:2.8rem}
.place.group+.place{margin-top:.6rem}
.facts{margin:.5rem 0}
.facts div{display:grid;grid-template-columns:minmax(9rem,15rem) 1fr;gap:.2rem 1.2rem;padding:.4rem 0;
border-bottom:1px solid var(--line)}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
.codes{columns:15rem;column-gap:2rem;font-size:.93rem}
.codes p{margin:0;padding:.14rem 0 .14rem 3.4rem;text-indent:-3.4rem;break-inside:avoid}
.codes code{display:inline-block;min-width:3.2rem;text-indent:0}
.outcome{font-weight:600}
.annotated{list-style:none;padding:0;margin:1rem 0}
.annotated li{border-left:2px solid var(--line);padding:.1rem 0 .5rem .9rem}
.annotated .d1{margin-left:1rem}.annotated .d2{margin-left:2rem}.annotated .d3{margin-left:3rem}
.annotated .d4{margin-left:4rem}
.raw{margin:.1rem 0}
.raw code{font-weight:600}
.annotated dl{margin:.2rem 0 0;font-size:.92rem}
.annotated dl div{display:grid;grid-template-columns:minmax(10rem,19rem) 1fr;gap:.1rem 1rem}
.annotated dt{color:var(--soft)}
.annotated dd{margin:0;overflow-wrap:anywhere}
.fault{color:var(--wrong);background:var(--wrong-tint);padding:.35rem .6rem;border-radius:.3rem;margin:.4rem 0 0}
.sample+.sample{margin-top:3rem}
pre{background:var(--tint);padding:.8rem 1rem;border-radius:.4rem;white-space:pre-wrap;overflow-wrap:anywhere;
margin:.5rem 0}
@media (max-width:42rem){
body{padding:1.5rem 1rem 4rem}
h1{font-size:1.5rem}
nav ol{columns:1}
.cards thead{position:absolute;left:-99rem}
.cards,.cards tbody,.cards tr,.cards td{display:block;width:100%}
.cards tr{border-bottom:1px solid var(--line);padding:.55rem 0}
.cards td{border:0;padding:.12rem 0 .12rem 6.2rem;min-height:1.5em;position:relative;overflow-wrap:anywhere}
.cards td::before{content:attr(data-head);position:absolute;left:0;width:5.8rem;color:var(--soft);font-size:.82rem;
line-height:1.35}
.cards td:empty{display:none}
.tree{font-size:.86rem}
.tree th,.tree td{padding-left:.25rem;padding-right:.25rem}
.facts div,.annotated dl div{grid-template-columns:1fr;gap:0}
.annotated dl div{padding:.12rem 0}
.annotated .d2{margin-left:1.4rem}.annotated .d3{margin-left:1.8rem}.annotated .d4{margin-left:2.2rem}
}
@media print{
@page{margin:16mm 14mm 18mm}
:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--tint:#f4f4f4;--accent:#000;--must:#000;--wrong:#000;
--wrong-tint:#f4f4f4}
body{max-width:none;padding:0;font-size:9.5pt}
a{color:inherit;text-decoration:none}
.skip{display:none}
h2{break-after:avoid;margin-top:1.6rem}
h3,h4,h5,h6,.where{break-after:avoid}
tr,.annotated li,.facts div{break-inside:avoid}
thead{display:table-header-group}
.wide{overflow:visible}
nav{break-after:page;background:none;padding:0}
}
""".strip()
