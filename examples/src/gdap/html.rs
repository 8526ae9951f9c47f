//! The compliance report as a page: customers by roles, in colours a person reads at a glance. It needs nothing from
//! outside, prints, and follows the light or dark of the reader's system.

use std::fmt::Write as _;

use bundle_core::gdap::compliance::{ComplianceReport, CustomerCompliance, RoleStanding, RoleState, Verdict};
use bundle_core::gdap::role_name;
use bundle_core::ids::RoleTemplateId;

/// The page.
#[must_use]
pub(super) fn page(report: &ComplianceReport) -> String {
    let mut page = String::with_capacity(4096 + report.customers.len() * (600 + report.wanted.len() * 60));
    let day = report.at.strftime("%Y-%m-%d %H:%M UTC");
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>GDAP compliance, {day}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header><h1>GDAP compliance</h1><p>{} customers, {} roles wanted, as of {day}</p></header>\n",
        report.customers.len(),
        report.wanted.len(),
    );
    tiles(&mut page, report);
    legend(&mut page);
    matrix(&mut page, report);
    findings(&mut page, report);
    page.push_str("</body>\n</html>\n");
    page
}

/// How many customers have which verdict, the worst first.
fn tiles(page: &mut String, report: &ComplianceReport) {
    page.push_str("<ul class=\"tiles\">\n");
    for verdict in VERDICTS {
        let (count, word) = (report.count(verdict), verdict.as_str());
        let _ = writeln!(page, "<li class=\"v-{word}\"><b>{count}</b> {word}</li>");
    }
    page.push_str("</ul>\n");
}

fn legend(page: &mut String) {
    page.push_str("<p class=\"legend\">");
    for state in STATES {
        let word = state.as_str();
        let _ = write!(
            page,
            "<span title=\"{}\"><i class=\"s-{word}\">{}</i> {word}</span> ",
            escape(state.text()),
            glyph(state)
        );
    }
    page.push_str("</p>\n");
}

fn matrix(page: &mut String, report: &ComplianceReport) {
    page.push_str(
        "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Customer</th><th scope=\"col\">Verdict</th>",
    );
    for role in &report.wanted {
        let _ = write!(page, "<th scope=\"col\" class=\"role\"><span>{}</span></th>", escape(&name(role)));
    }
    page.push_str("<th scope=\"col\">Surplus</th><th scope=\"col\">Ends</th></tr></thead>\n<tbody>\n");
    for customer in &report.customers {
        row(page, customer);
    }
    page.push_str("</tbody>\n</table></div>\n");
}

fn row(page: &mut String, customer: &CustomerCompliance) {
    let verdict = customer.verdict.as_str();
    let tenant = customer.tenant_id;
    let label = escape(&customer.name);
    let label = if customer.findings.is_empty() { label } else { format!("<a href=\"#f-{tenant}\">{label}</a>") };
    let _ = write!(
        page,
        "<tr><th scope=\"row\" title=\"{tenant}\">{label}</th><td><b class=\"v v-{verdict}\">{verdict}</b></td>"
    );
    for role in &customer.roles {
        cell(page, role);
    }
    let given: Vec<String> = customer
        .surplus
        .iter()
        .filter(|role| role.state > RoleState::Unassigned)
        .map(|role| name(&role.role))
        .collect();
    let _ = match given.len() {
        0 => write!(page, "<td></td>"),
        count => write!(page, "<td class=\"surplus\" title=\"{}\">+{count}</td>", escape(&given.join(", "))),
    };
    let ends = customer.ends.map(|ends| ends.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    let _ = writeln!(page, "<td class=\"ends\">{ends}</td></tr>");
}

fn cell(page: &mut String, role: &RoleStanding) {
    let word = role.state.as_str();
    let _ = write!(
        page,
        "<td class=\"cell\"><i class=\"s-{word}\" role=\"img\" aria-label=\"{word}\" title=\"{}: {word}\">{}</i></td>",
        escape(&name(&role.role)),
        glyph(role.state)
    );
}

/// What is wrong, customer by customer, the worst first.
fn findings(page: &mut String, report: &ComplianceReport) {
    let mut customers: Vec<&CustomerCompliance> =
        report.customers.iter().filter(|customer| !customer.findings.is_empty()).collect();
    if customers.is_empty() {
        return;
    }
    customers.sort_by_key(|customer| std::cmp::Reverse(customer.verdict));
    page.push_str("<section><h2>What to look at</h2>\n");
    for customer in customers {
        let verdict = customer.verdict.as_str();
        let _ = write!(
            page,
            "<article id=\"f-{}\"><h3>{} <b class=\"v v-{verdict}\">{verdict}</b></h3><ul>",
            customer.tenant_id,
            escape(&customer.name),
        );
        for finding in &customer.findings {
            let class = if finding.issue.is_serious() { " class=\"serious\"" } else { "" };
            let _ = write!(page, "<li{class}>{}</li>", escape(&finding.text));
        }
        page.push_str("</ul></article>\n");
    }
    page.push_str("</section>\n");
}

fn name(role: &RoleTemplateId) -> String {
    role_name(role).map_or_else(|| role.to_string(), str::to_owned)
}

/// A sign beside the colour: not everybody tells colours apart, and not every printer has them.
fn glyph(state: RoleState) -> &'static str {
    match state {
        RoleState::Effective => "✓",
        RoleState::Pending => "…",
        RoleState::Invited => "✉",
        RoleState::Unknown => "?",
        RoleState::Empty => "∅",
        RoleState::Unassigned => "!",
        _ => "✕",
    }
}

/// Text as it may stand in an element or an attribute: names come from customers.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

const VERDICTS: [Verdict; 5] =
    [Verdict::Broken, Verdict::Unknown, Verdict::Waiting, Verdict::Attention, Verdict::Compliant];

const STATES: [RoleState; 7] = [
    RoleState::Effective,
    RoleState::Pending,
    RoleState::Invited,
    RoleState::Unassigned,
    RoleState::Empty,
    RoleState::Missing,
    RoleState::Unknown,
];

const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#5b6570;--line:#d9dee4;--head:#f4f6f8;--link:#0b5cad;\
--good:#1a7f4b;--good-bg:#d6f2e2;--wait:#0b5cad;--wait-bg:#dcebfb;--warn:#8a5300;--warn-bg:#fdeccb;\
--bad:#b3261e;--bad-bg:#fbdedb;--none:#5b6570;--none-bg:#e8ebef}
@media (prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e8ecf1;--soft:#9aa5b1;--line:#2d343c;--head:#1c2229;--link:#7ab8ff;\
--good:#7fe0ad;--good-bg:#143d2a;--wait:#9ccbff;--wait-bg:#16365a;--warn:#ffcf7d;--warn-bg:#4a3410;\
--bad:#ffb1aa;--bad-bg:#5c1d19;--none:#aab4bf;--none-bg:#2a3139}}
*{box-sizing:border-box}
body{margin:0;padding:1.5rem 2rem;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif}
h1{margin:0;font-size:1.5rem}h2{margin:2rem 0 .5rem;font-size:1.2rem}h3{margin:0;font-size:1rem}
header p,.legend{color:var(--soft);margin:.25rem 0 1rem}
a{color:inherit;text-decoration-color:var(--soft)}
.tiles{display:flex;flex-wrap:wrap;gap:.75rem;padding:0;margin:0 0 1rem;list-style:none}
.tiles li{padding:.5rem 1rem;border-radius:.5rem;min-width:7.5rem}
.tiles b{display:block;font-size:1.6rem;line-height:1.2}
.legend span{display:inline-block;margin-right:1rem}
i{display:inline-block;width:1.6em;height:1.6em;line-height:1.6em;border-radius:.3em;text-align:center;font-style:normal;font-weight:700}
.v{display:inline-block;padding:.05rem .5rem;border-radius:1rem;font-size:.85rem;font-weight:600}
.scroll{overflow:auto;max-height:92vh}
table{border-collapse:separate;border-spacing:0}
th,td{padding:.25rem .5rem;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap}
thead th{position:sticky;top:0;z-index:2;background:var(--bg);vertical-align:bottom;color:var(--soft);font-weight:600}
tbody th{position:sticky;left:0;z-index:1;background:var(--bg);font-weight:600;max-width:22rem;overflow:hidden;text-overflow:ellipsis}
tbody tr:nth-child(even) th,tbody tr:nth-child(even) td{background:var(--head)}
.role span{display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg);font-size:.85rem}
.role,.cell{padding:.2rem;text-align:center}.ends,.surplus{font-variant-numeric:tabular-nums}
.surplus{color:var(--warn);font-weight:600}
.s-effective,.v-compliant{color:var(--good);background:var(--good-bg)}
.s-pending,.s-invited,.v-waiting{color:var(--wait);background:var(--wait-bg)}
.s-unassigned,.s-empty,.v-attention{color:var(--warn);background:var(--warn-bg)}
.s-missing,.v-broken{color:var(--bad);background:var(--bad-bg)}
.s-unknown,.v-unknown{color:var(--none);background:var(--none-bg)}
article{padding:.6rem 0;border-bottom:1px solid var(--line)}article ul{margin:.3rem 0 0;padding-left:1.2rem}
article:target{background:var(--head)}.serious{font-weight:600}
@media print{@page{size:landscape;margin:1cm}body{padding:0;font-size:10px}\
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.scroll{overflow:visible;max-height:none}\
thead{display:table-header-group}thead th,tbody th{position:static}tr,article{break-inside:avoid}a{text-decoration:none}}
@media print and (prefers-color-scheme:dark){:root{--bg:#fff;--fg:#1b1f24;--soft:#5b6570;--line:#d9dee4;--head:#f4f6f8;\
--good:#1a7f4b;--good-bg:#d6f2e2;--wait:#0b5cad;--wait-bg:#dcebfb;--warn:#8a5300;--warn-bg:#fdeccb;\
--bad:#b3261e;--bad-bg:#fbdedb;--none:#5b6570;--none-bg:#e8ebef}}
";

#[cfg(test)]
mod tests {
    use bundle_core::TenantId;
    use bundle_core::customer::Customer;
    use bundle_core::gdap::GdapFacts;
    use bundle_core::gdap::compliance::{ComplianceSettings, compliance};

    use super::*;

    #[test]
    fn names_are_text_and_the_page_needs_nothing_from_outside() {
        let customers = [Customer::new(TenantId::from_u128(1), "<script>alert('x')</script> & \"Söhne\"")];
        let settings = ComplianceSettings::new(vec![RoleTemplateId::GLOBAL_READER]);
        let at = "2026-06-01T00:00:00Z".parse().unwrap();
        let page = page(&compliance(&GdapFacts::default(), &customers, &settings, at));
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;Söhne&quot;"), "{page}");
        for outside in ["<script", "http:", "https:", "url(", "@import", "<link", "<img"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert_eq!(page.matches("class=\"cell\"").count(), 1);
        assert!(page.contains("aria-label=\"missing\"") && page.contains("no relationship is in force"));
    }
}
