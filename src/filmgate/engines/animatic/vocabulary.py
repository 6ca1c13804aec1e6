"""The words of prompts, in English and Chinese, and what each stands for.

The values are alternatives between bars; each is a regular expression in lower case. English ones match whole words.
"""

from collections.abc import Mapping

HOURS: Mapping[str, str] = {
    "dawn": "dawn|sunrise|daybreak|early morning|first light|黎明|清晨|日出|破晓|拂晓|晨光|晨曦|早晨|朝阳",
    "golden": "golden hour|late afternoon|warm light|afternoon sun|金色时刻|傍晚|下午|午后|暖阳",
    "dusk": "dusk|sunset|twilight|evening|sundown|blue hour|黄昏|日落|夕阳|暮色|晚霞|落日",
    "night": ("night|midnight|nighttime|moonlit|moonlight|starry|starlight|dark|neon|夜|深夜|午夜|月光|星空|霓虹|星光"),
    "day": "noon|midday|daylight|daytime|sunny|bright day|morning|白天|正午|中午|白昼|阳光|晴天|晴朗|上午",
}

SEASONS: Mapping[str, str] = {
    "autumn": "autumn|autumnal|fall colou?r|fall foliage|maple|秋|红叶|枫叶|落叶|枫",
    "winter": "winter|wintry|frozen|frost|ice|icy|冬|冰|霜",
    "spring": "spring|blossom|cherry tree|sakura|春|樱花|桃花|花开",
    "summer": "summer|夏",
}

PLACES: Mapping[str, str] = {
    "sea": (
        "sea|ocean|beach|coast|coastline|shore|seaside|wave|surf|harbou?r|bay|cliff|reef|海|沙滩|海浪"
        "|港湾|码头|礁石|岸边"
    ),
    "lake": "lake|pond|lagoon|reservoir|湖|池塘|水面|潭",
    "river": "river|stream|creek|brook|canal|waterfall|河|溪|江|运河|瀑布|小河",
    "mountain": "mountain|peak|alps|valley|canyon|ridge|summit|hill|山|峰|峡谷|山谷|岭",
    "forest": "forest|wood|woodland|jungle|grove|rainforest|林|丛林|树林|竹林",
    "city": (
        "city|street|alley|downtown|neon|skyline|sidewalk|gutter|tokyo|shanghai|new york|hong kong"
        "|cyberpunk|urban|market|crosswalk|rooftop|skyscraper|road|街|城|都市|霓虹|巷|高楼|天台|马路|上海"
        "|北京|香港|东京|赛博朋克|路口"
    ),
    "desert": "desert|dune|sahara|gobi|沙漠|沙丘|戈壁|大漠",
    "field": (
        "field|meadow|grassland|prairie|farm|countryside|garden|park|lawn|wheat|hillside|village|田|草原"
        "|草地|麦|花园|公园|乡村|村庄|草坪|原野|花海"
    ),
    "room": (
        "room|interior|indoor|kitchen|bedroom|office|studio apartment|cafe|café|restaurant|library"
        "|classroom|spiral stair|stairwell|house interior|window sill|by the window|房间|室内|厨房|卧室"
        "|办公室|咖啡|餐厅|图书馆|教室|窗边|客厅|屋内"
    ),
    "space": (
        "outer space|galaxy|nebula|cosmos|cosmic|astronaut|spaceship|spacecraft|planet|universe|太空|宇宙"
        "|星系|银河|宇航员|飞船|星球|星云"
    ),
}

WEATHER: Mapping[str, str] = {
    "rain": "rain|rainy|raining|drizzle|downpour|rainfall|raindrop|wet|flooded|雨|湿漉漉",
    "snow": "snow|snowy|snowing|snowfall|snowflake|blizzard|雪",
    "fog": "fog|foggy|mist|misty|haze|hazy|雾|烟雨|氤氲",
    "storm": "storm|stormy|lightning|thunder|thunderstorm|闪电|雷|暴风|风暴",
    "wind": "wind|windy|breeze|gust|kite|风(?!格|景|情|光|暴|味)|飘动|拂动",
    "leaves": "falling lea(?:f|ve)|autumn lea(?:f|ve)|petal|leaves|落叶|花瓣|飘落|红叶|枫叶",
    "stars": "star|starry|starlight|milky way|星空|繁星|星光|银河|星星|满天星",
    "clouds": "cloud|cloudy|overcast|云|阴天",
    "sparks": "firefl(?:y|ie)|ember|spark|firework|confetti|萤火虫|火花|烟花|星火",
}

SUBJECTS: Mapping[str, str] = {
    "paper_boat": "paper boat|origami boat|纸船|纸折的船",
    "boat": "(?<!paper )boat|ship|sailboat|yacht|ferry|canoe|vessel|sail|(?<!纸)船|舟|帆",
    "lighthouse": "lighthouse|灯塔",
    "girl": (
        "girl|woman|lady|actress|heroine|she|her|princess|bride|mother|女孩|女人|少女|女子|姑娘|女性|女生|新娘|妈妈|她"
    ),
    "person": (
        "boy|man|men|person|people|child|kid|children|character|dancer|presenter|keeper|hero|actor"
        "|traveller|traveler|walker|figure|soldier|samurai|astronaut|model|singer|he|his|chef|monk|男孩"
        "|男人|人物|少年|男子|孩子|老人|行人|路人|旅人|舞者|主角|男性|男生|武士|侠|主播|主持人|他"
    ),
    "cat": "cat|kitten|kitty|猫",
    "dog": "dog|puppy|corgi|husky|golden retriever|shiba|狗|犬|柯基|柴犬",
    "birds": "bird|seagull|gull|swallow|eagle|crane bird|dove|flock|鸟|海鸥|燕|鹰|雁|鹤|鸽",
    "car": "car|taxi|vehicle|truck|bus|automobile|sports car|汽车|轿车|跑车|出租车|车辆|赛车|卡车|公交",
    "train": "train|subway|railway|locomotive|tram|火车|列车|地铁|高铁|电车",
    "tree": "tree|oak|pine|willow|大树|老树|树下|一棵树|树木|柳",
    "flower": "flower|rose|tulip|blossom|sunflower|lotus|bloom|花|玫瑰|莲|荷|向日葵",
    "house": "house|cabin|cottage|hut|home|castle|temple|barn|房子|小屋|木屋|城堡|寺|庙|屋",
    "kite": "kite|风筝",
    "lantern": "lantern|lamp|candle|灯笼|灯火|孔明灯|蜡烛|河灯",
    "balloon": "balloon|hot air balloon|气球",
    "bicycle": "bicycle|bike|cyclist|cycling|自行车|单车|骑行",
    "umbrella": "umbrella|parasol|伞",
    "fish": "fish|whale|dolphin|koi|jellyfish|鱼|鲸|海豚",
    "moon": "moon|moonlight|moonlit|crescent|月亮|月光|明月|圆月|弯月|月色|月下",
}

TINTS: Mapping[str, str] = {
    "red": "red|crimson|scarlet|红",
    "orange": "orange|amber|橙|橘|琥珀",
    "gold": "gold|golden|yellow|金|黄(?!昏)",
    "green": "green|emerald|jade|绿|翠|碧",
    "teal": "teal|cyan|turquoise|青色|青|蓝绿",
    "blue": "blue|navy|azure|cobalt|蓝",
    "purple": "purple|violet|lavender|magenta|紫",
    "pink": "pink|rose colou?r|sakura|粉|樱花",
    "white": "pure white|white|洁白|白色|纯白",
    "black": "black|noir|黑色|漆黑",
    "silver": "silver|gr[ae]y|银|灰",
    "neon": "neon|cyberpunk|霓虹|赛博",
}

MOVES: Mapping[str, str] = {
    "push_in": (
        "push(?:es|ing)?[ -]?in|push(?:es|ing)? forward|doll(?:y|ies|ying)[ -]?(?:in|forward)"
        "|dolly(?: shot)?|mov(?:e|es|ing) (?:in )?closer|track(?:s|ing)?[ -]in"
        "|camera (?:move|push|glide|fly|fli)(?:s|es)? (?:in|forward|toward)|推进|推近|前推|推镜|镜头推"
        "|逼近|靠近镜头|推入|向前推"
    ),
    "pull_out": (
        "pull(?:s|ing)?[ -]?(?:out|back|away)|doll(?:y|ies|ying)[ -]?(?:out|back)"
        "|camera (?:move|back)s? (?:out|back|away)|拉远|后拉|拉镜|拉出|镜头拉|拉开|后退"
    ),
    "zoom_out": "zoom(?:s|ing)?[ -]?out|变焦拉|缩小",
    "zoom_in": "zoom(?:s|ing)?(?:[ -]?in)?|crash zoom|变焦|放大|急推",
    "pan_left": "pan(?:s|ning)?(?: \\w+)? left|turns? left|左摇|向左摇|左转|向左平移|左平移|向左摇摄",
    "pan_right": (
        "pan(?:s|ning)?(?: \\w+)? right|右摇|向右摇|右转|pan(?:s|ning)? across|panning|camera pan|slow pan"
        "|pan shot|whip pan|摇镜|横摇|平移|摇摄|摇移"
    ),
    "tilt_up": "tilt(?:s|ing)?(?: \\w+)? up|上摇|仰拍|仰摄|向上摇|俯仰|tilt(?:s|ing)? shot|camera tilt",
    "tilt_down": "tilt(?:s|ing)?(?: \\w+)? down|下摇|向下摇",
    "track_left": "(?:truck|track|slide|strafe|move)(?:s|ing)?(?: \\w+)? left|左移|向左移",
    "track_right": (
        "tracking(?: shot)?|track(?:s|ing)? (?:right|along|with)|truck(?:s|ing)?(?: right)?|slides? right"
        "|follow(?:s|ing)? shot|camera follow(?:s|ing)?|follow cam|跟拍|跟随|横移|右移|向右移|移镜|跟镜"
        "|steadicam"
    ),
    "crane_up": (
        "crane(?:s|ing)?(?: shot)? up|crane shot|jib(?: up)?|pedestal up|boom up|camera rises?"
        "|camera rising|升降|升起镜头|镜头升|镜头上升|上升镜头"
    ),
    "crane_down": (
        "crane(?:s|ing)?(?: shot)? down|pedestal down|boom down|camera lower|camera descend|镜头下降|下降镜头|镜头降"
    ),
    "orbit": (
        "orbit(?:s|ing)?|arc shot|360(?: degree)?|revolv(?:e|es|ing) around|circl(?:e|es|ing)(?: around)?"
        "|rotat(?:e|es|ing) around|环绕|绕拍|旋转镜头|围绕|环拍"
    ),
    "aerial": (
        "aerial(?: view| shot)?|drone(?: shot)?|bird'?s[- ]eye(?: view)?|top[- ]down|overhead(?: shot)?"
        "|from above|flyover|fl(?:y|ies|ying) over|航拍|俯拍|鸟瞰|俯视|俯瞰|无人机|空拍"
    ),
    "static": (
        "static(?: shot| camera)?|fixed(?: camera| shot)?|locked[- ](?:off|down)|still camera|tripod"
        "|no camera movement|motionless|固定|静止镜头|定镜|静态"
    ),
}

HANDHELD: Mapping[str, str] = {
    "handheld": "hand[- ]?held|shaky(?: cam)?|documentary style|手持|晃动|抖动镜头",
}

PACES: Mapping[str, str] = {
    "slow": "slow|slowly|gentle|gently|gradual|gradually|calm|缓慢|缓缓|慢慢|轻轻|徐徐|平稳|慢",
    "fast": "fast|quick|quickly|rapid|rapidly|whip|crash|sudden|快速|迅速|急速|飞速|急",
}

CLOSE: Mapping[str, str] = {
    "close": (
        "close[- ]?up|smile|smiles|smiling|face|portrait|eye|looks? back"
        "|turns? (?:his |her )?(?:head|around)|expression|hair|macro|特写|近景|微笑|回头|脸|眼|转头|发丝"
        "|表情|回眸"
    ),
}

STYLE: Mapping[str, str] = {
    "style": (
        "cinematic(?: motion)?|film look|4k|8k|hdr|photorealistic|realistic|ultra|detailed|high quality"
        "|masterpiece|soft light|shallow depth of field|bokeh|slow motion|lens|low camera|low angle"
        "|wide shot|anime|watercolou?r|style|colou?r grading|mood|camera|shot|lighting|电影感|镜头|高清"
        "|写实|风格|细腻|画质|慢动作|景深|氛围|质感|运镜|光影|构图|色调|超清"
    ),
}
