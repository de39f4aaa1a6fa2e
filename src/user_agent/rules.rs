//! Our own rules. Each list is tried in order, before the lists of uap-core.
//!
//! uap-core knows browsers, crawlers and systems, and is used unchanged. These rules add what it does not
//! know or names differently from what people say: apps that embed a browser, systems of televisions and
//! consoles, and kinds of devices.

/// Browsers and apps: an expression whose second group is the major version, and the name; empty for the first group.
///
/// Apps come first, since their user agents also name the browser that they embed.
pub(super) const BROWSERS: &[(&str, &str)] = &[
    // Crawlers that also name a browser.
    (r"\b(Googlebot)(?:-[A-Za-z]+)?(?:/(\d+)|\b)", ""),
    (r"\b((?:ChatGPT|Claude|Perplexity|MistralAI|DuckAssist)-?[A-Z][A-Za-z]*)(?:/(\d+)|\b)", ""),
    (r"\b(meta-external[a-z]+)/(\d+)", ""),
    (r"^(facebookexternalhit)/(\d+)", ""),
    (r"compatible; ([A-Za-z][A-Za-z0-9_.-]*(?:[Bb]ot|[Cc]rawler|[Ss]pider)[A-Za-z-]*)(?:/(\d+)|\b)", ""),
    // Apps with a browser inside.
    (r"\b(MicroMessenger)/(\d+)", "WeChat"),
    (r"\b(wxwork)/(\d+)", "WeCom"),
    (r"\b(KAKAOTALK)(?:[ /](\d{1,3})\b)?", "KakaoTalk"),
    (r"\b(NAVER)\((?:inapp|higgs)(?:[^)]*?; (\d+)\.\d+\.)?", "Naver"),
    (r"\b(DaumApps)(?:/(\d+))?", "Daum"),
    (r"\b(LinkedInApp)(?:/(\d+))?", "LinkedIn"),
    (r"\b(AlipayClient)(?:/(\d+))?", "Alipay"),
    (r"\b(AliApp)\((?:TB|DingTalk|[A-Z]+)/(\d+)", ""),
    (r"\b(DingTalk)/(\d+)", ""),
    (r"\b(Lark|Feishu)/(\d+)", "Lark"),
    (r"\b(baiduboxapp)/(\d+)", "Baidu"),
    (r"\b(Weibo) \(.*__weibo__(\d+)", ""),
    (r"\b(QQ)/(\d+)", ""),
    (r"\b(TeamsMobile|Teams)(?:-Android|-iOS)?(?:/(\d+))", "Microsoft Teams"),
    (r"\b(BingSapphire)/(\d+)", "Bing"),
    (r"\b(Zalo) (?:iOS|android)/(\d+)", ""),
    (r"\b(Viber)/(\d+)", ""),
    (r"\b(Telegram-(?:Android|iOS)|Telegram)/(\d+)", "Telegram"),
    (r"\b(Barcelona) (\d+)", "Threads"),
    (r"\b(Reddit)/(?:Version )?(\d+)", ""),
    (r"FBAN/(Messenger|Orca-Android)\w*;FBAV/(\d+)", "Messenger"),
    (r"\bFB_IAB/(MESSENGER|Orca-Android);FBAV/(\d+)", "Messenger"),
    (r"\b(TwitterAndroid|Twitter for iPhone|Twitter for iPad)(?:/(\d+))?", "X"),
    (r"\b(Flipboard)(?:-Briefing)?/(\d+)", ""),
    // An app that puts its name before the browser's user agent.
    (r"^([A-Za-z][A-Za-z0-9 ._-]*)/v?(\d+)[^(]* Mozilla/\d", ""),
    (r"\bValve (Steam)\b", ""),
    (r"^Microsoft Office/.*\bMicrosoft ([A-Z][A-Za-z]+) (\d+)", ""),
    // Electron: the app names itself before Chrome.
    (r"like Gecko\) ([A-Za-z][A-Za-z0-9_.-]*)/(\d+)[^ ]* (?:[^ ]+ )*Electron/", ""),
    (r"\b(WhatsApp|Slack|Notion|Figma|Discord)/(\d+)", ""),
    // Browsers that uap-core does not know, or knows only by their engine.
    (r"\b(Falkon|Konqueror|qutebrowser|Otter|Midori|Min|Epiphany)/(\d+)", ""),
    (r"\b(QIHU 360[A-Z]*|360SE|360EE|QihooBrowser)(?:/(\d+))?", "360 Browser"),
    // Safari's user agent on a system that has no Safari.
    (
        r"X11; Linux[^)]*\) AppleWebKit/[0-9.]+ \(KHTML, like Gecko\) (Version)/[0-9.]+ Safari/[0-9.]+$",
        "WebKitGTK",
    ),
    (r"\b(PicoBrowser)/(\d+)", "Pico Browser"),
    (r"\b(Wolvic)/(\d+)", ""),
    (r"\b(HeyTapBrowser)/(\d+)", "HeyTap Browser"),
    (r"\b(Quark)/(\d+)", ""),
    (r"\b(PHX)/(\d+)", "Phoenix"),
    (r"\b(GoogleApp)/(\d+)", "Google"),
    (r"\b(YaApp_Android|YaSearchApp|YaSearchBrowser)/(\d+)", "Yandex"),
    (r"\b(Ecosia)/?(?:[a-z]+@)?(\d+)", ""),
    (r"\b(Maxthon)/(\d+)", ""),
    (r"\b(Tesla)/(\d+)", ""),
    // Televisions. HbbTV is something they can receive, not their system.
    (r"\b(RokuBrowser|Roku)/(?:[A-Z]+-)?(\d+)", "Roku"),
    (r"\b(OPR)/(\d+).*\b(?:HbbTV|OMI)/", "Opera"),
    (r"^(Opera)/.*HbbTV/.*Version/(\d+)", ""),
    (r"^(Opera)/.*Version/(\d+).*HbbTV/", ""),
    (r"\b(SamsungBrowser)/(\d+)", "Samsung Internet"),
    (r"\b(Chrome)/(\d+).*HbbTV/", ""),
    (r"HbbTV/.*\b(Chrome)/(\d+)", ""),
    (r"\b(Web0S).*Chrome/(\d+)", "Chrome"),
    (r"^(Netflix|AppleCoreMedia)/(\d+)", ""),
    (r"\b(LG Browser)/(\d+)", ""),
    // Consoles.
    (r"\b(NintendoBrowser)/(\d+)", "Nintendo Browser"),
    // Browsers that put their name after the engine's.
    (r" Safari/[\d.]+ (?:.* )?([A-Z][a-z]+)Browser/(\d+)", "$1 Browser"),
];

/// Rules that are tried after uap-core.
pub(super) const OTHER_BROWSERS: &[(&str, &str)] =
    &[(r"^Mozilla/[45]\.0 \(compatible; ([A-Za-z][A-Za-z0-9_.-]*)(?:/(\d+)|[;)])", "")];

/// Systems: an expression, and the name, which may use its groups.
pub(super) const SYSTEMS: &[(&str, &str)] = &[
    (r"OpenHarmony|HarmonyOS", "HarmonyOS"),
    (r"(?i)PlayStation;? ?(?:PlayStation )?(\d|Vita|Portable)", "PlayStation $1"),
    (r"Nintendo (Switch 2|Switch|3DS|DSi|WiiU|Wii)", "Nintendo $1"),
    (r"\bXbox\b", "Xbox"),
    (r"Apple ?TV|\btvOS\b", "tvOS"),
    (r"visionOS|RealityDevice", "visionOS"),
    (r"watchOS|Apple Watch", "watchOS"),
    (r"\bRoku", "Roku"),
    (r"\bVIDAA\b", "VIDAA"),
    (r"\b[Ww]eb[0O]S\b", "webOS"),
    (r"Cloud Phone", "Cloud Phone"),
    (r"Andr0id", "Android"),
    (r"\b(?:CrKey)\b.*DeviceType/AndroidTV", "Android"),
    (r"Sailfish", "Sailfish OS"),
    (r"\bmacOS\b|\bosx-|Macintosh", "macOS"),
    // Apps name the processor only on a Mac.
    (r"CFNetwork/.* Darwin/[\d.]+ \(", "macOS"),
    (r"iPad", "iPadOS"),
    (r"Windows Phone", "Windows Phone"),
    (r"\(Mac OS/\d", "macOS"),
    (r"\(Windows/\d|\bWinNT\b", "Windows"),
];

/// Kinds of devices: an expression and the kind.
pub(super) const KINDS: &[(&str, &str)] = &[
    // A maker of telephones whose name ends in "bot".
    (r"(?i)\bcubot\b.* AppleWebKit", "phone"),
    (
        r"(?i)(?:bot|crawler|spider|slurp)\b|crawl|https?://|\bfacebookexternalhit|preview|\bvia [a-z.]+ ",
        "crawler",
    ),
    // Not old browsers, which say "compatible" as well.
    (r"^Mozilla/[45]\.0 \(compatible; (?:[^MKAi]|M[^S]|K[^o]|A[^B]|i[^C])", "crawler"),
    (r"Headless[A-Z]", "program"),
    (
        r"OculusBrowser|; (?:Meta )?Quest\b|\bPico(?:Browser| Neo| 4| G\d)|\bWolvic\b|\bVR\b|visionOS|RealityDevice|HoloLens",
        "headset",
    ),
    (
        r"(?i)\bplaystation|\bnintendo\b|\bxbox\b|\(PS[345P]|Steam Deck|Valve Steam (?:Gamepad|Tenfoot)",
        "console",
    ),
    (
        r"(?i)hbbtv|smart-?_?tv|\bweb0s\b|netcast|\bappletv|\bapple tv|tvos\b|\b[a-z-]*tv(?:[ -]?\d+)?\b|\btv ?box|\bcrkey|\broku|\bbravia\b|\bvidaa\b|viera|\bomi/|chromecast|\bdtv|(?:\b|_)stb|mibox|set-?top|\btivo\b|\bvizio|\baquos-?tv|inettvbrowser|-led\d\d",
        "tv",
    ),
    (r"\bAFT[A-Z0-9]+\b", "tv"),
    (r"Android.*(?:\b[Bb]ox\b|\bBeyondTV)", "tv"),
    (r"iPad|\bTablet\b|\bKF[A-Z]{2,5}\b|\bSM-[TXP]\d|Kindle|PlayBook|\bAEO[A-Z]{2}\b|PocketBook", "tablet"),
    (r"(?i)Android.*(?:[; _]tab[ _)\d]|\btab [a-z]|pad\b|[a-z]pad[ _]|\btb-[a-z]?\d)", "tablet"),
    (
        r"iPhone|iPod|Windows Phone|KAIOS|\bBB10\b|BlackBerry|Symbian|MIDP|Opera Mini|Cloud Phone|\bPhone;|XBLWP",
        "phone",
    ),
    (r"Dalvik/|Nextcloud-|\bAndroid\b.*\b[Mm]obile\b|\b[Mm]obile\b.*\bAndroid\b", "phone"),
    (r"^Mozilla/5\.0 \(Linux;.*Android.*AppleWebKit", "tablet"),
    (r"\bAndroid\b|\biOS\b|okhttp.*Android|\bMobile\b|CFNetwork/.* Darwin/[\d.]+$", "phone"),
    (r"^(?:Mozilla|Opera)/.*(?:Windows|Macintosh|X11|Linux|CrOS|OpenHarmony|BSD)", "desktop"),
    // Desktop programs. Command line programs seldom name their system.
    (r"\bmacOS\b|Mac OS|Macintosh|Windows NT|\(Windows/\d|osx-|CFNetwork/", "desktop"),
];
