//! The vocabulary of names: closed classes of words, in lower case and without dots, with a space
//! between.
//!
//! No list holds people's names for their own sake. The two lists of family names serve one question
//! each: whether a middle word begins a Spanish or Portuguese family name, and whether the family name
//! may come first.

/// Titles that are never a given name, whatever follows.
pub const TITLES: &str = "\
    1lt 1sgt 1stlt 2lt 2ndlt abp adj adm admiral airman alderman amb ambassador archbishop arq \
    assemblyman assemblywoman atty ayatollah baroness bgen brig brigadier bro cantor capt cdr \
    cmdr cmsgt col colonel comdr commodore comte congressman congresswoman corporal councillor \
    councilman councilmember councilwoman cpl cpo cpt dhr dipl-ing dna doctor dott dottssa doña \
    dr dra drs dña engr ens excellency fr frau gen gov governor hajji herr highness holiness hon \
    honorable honourable ing insp inspector lcdr lcpl lic lieut lieutenant lt ltc ltcol ltg \
    ltgen ltjg madame mademoiselle mag maj majesty majgen mcpo messrs mevr mgr midshipman miss \
    missus mister mistress mlle mme mmes monsieur monsignor mr mrs ms msg msgr msgt mx ofc pfc \
    pres prof profa professor pte pvt rabbi radm rdml rep rev revd reverend seaman sen senator \
    senhor senhora sergeant señor señora señorita sfc sgm sgt shaikh sheikh shri sig signor \
    signora sigra sir smsgt smt sor sqnldr sra srta ssg ssgt superintendent supt swami tsgt vadm \
    vice-admiral viscount viscountess wgcdr wo1 г-жа г-н д-р цар ד\"ר ד״ר أ د م";

/// Titles that are also given or family names: titles only where at least two words follow.
pub const TITLES_OR_NAMES: &str = "\
    abbot ambassador apostle attorney brother captain cardinal chancellor chief coach commander \
    commissioner constable count countess dame deputy detective duchess elder emperor empress \
    ensign evangelist father freifrau freiherr freiherrin general graf gräfin imam judge lady \
    lord madam magistrate marshal mayor minister mother mufti nurse officer pastor pope \
    president principal private prophet provost representative secretary sheriff sister speaker \
    vicar warden";

/// Titles that people carry as given names as often: with them at the head the person decides.
pub const NAMES_OR_TITLES: &str = "\
    baron bishop deacon dean don duke earl justice king major marquis master prince princess \
    queen saint sultan";

/// Words that belong to a title only beside another one: `Chief Petty Officer`, `Secretary of State`.
pub const TITLE_PARTS: &str = "\
    & 1st 2nd 3rd 4th 5th acting adjunct affairs air and army assistant assoc associate asst \
    aviation bd city class clinical corps counsel county court crown defense district elect \
    emerita emeritus en executive first fleet flight force foreign general grace grand gunnery \
    her his honor honour interior junior lance leader left lieutenant marine medical most \
    national naval navy of petty police prime pro retired right royal rt second security senior \
    specialist squadron staff state states supreme technical the their third treasury under \
    united very vice visiting warrant wing your";

/// Given names as clerks abbreviate them: not titles, although they end in a dot.
pub const SHORT_GIVEN_NAMES: &str = "\
    abr alex alexr and andw ant archd aug benj cath cha chas chr christ dan danl dav ed edm edw \
    eliz fco fredk gab geo gust hy jas jno joh jon jos josh ma marg matt md mich moh mohd muhd \
    nath nic nich pat pet ph phil rich richd rob robt sam saml sim st ste steph theo thos tim \
    vinc wal wm xav zach";

/// `Jr.`, `III` and their kin: kept with the family name, since two people may differ by them.
pub const GENERATIONS: &str = "\
    1st 2d 2nd 3d 3rd 4th 5th bisneto filho fils ii iii iv ix jnr jr jun júnior neto père snr \
    sobrinho sr vi vii viii";

/// Generations only at the end of at least three words, or after a comma.
pub const GENERATIONS_OR_NAMES: &str = "\
    i junior senior v x";

/// Credentials that no name is spelled like.
pub const CREDENTIALS: &str = "\
    aas abd aca acca acnp acp aia aicp aif aifa apn aprn arch arnp asid asla asq atc atp aud \
    barch bba bcba bcom bdes bds bed beng bfa bpharm bs bsc bscn bse bsn bsw btech bvsc caia \
    cams capm capt cbap cbcp cbe ccc ccc-slp cccslp ccie ccm ccna ccnp ccrn cdcs cebs ceh cep \
    cfa cfe cfii cfm cfp cfps cfre cgfm chfc chrp chst cia cima cipd cipp cisa cism cissp clu \
    cma cmp cne cnm cnp comptia cpa cpc cpcu cphq cphr cpim cpl cpp cppm cpsm cpt cqe crc crna \
    crnp csc cscp cscs csm csp cspo cssbb cssgb ctfa ctp cva dba dc dds dfm dgc dip dipl dma dmd \
    dmin dnp do dphil dpm dpt drph dsc dsm dsw dvm ea edd edm eds eit emba emt enp esq esquire \
    faan faap facc faccp facep fache facog facp facs faia fca fcca fcip fcma fhfma fics fmva fnp \
    fpc fpe frcp frcs frm frs fsa gcfa gcih gcs gisp gmat gphr gsec hons hsp iccp itil jd jp kbe \
    kc kcb knt kt lac lat lcpc lcsw leed lisw llb lld llm lmft lmfta lmhc lmsw lmt lpc lpcc lpn \
    lsw lvn macc maed march mat mba mbacp mbb mbbs mbchb mbe mca mch mcsa mcse mdes mdiv med \
    meng mfa mft mha mhr mis mla mlis mls mme mmft mms mpa mpas mph mphil mpp mps mrcp mrcs mres \
    msa msc mse msed msee msf msis msit msl msm msn mspt mssw msw mtech mtl mup murp nbct ncarb \
    ncc ncidq nctm nd npp obe ocs od ofm op osb oscp otd otr pac pcc pe pgce pgmp pharmd phd phl \
    phr pmhnp pmhnp-bc pmi pmi-acp pmp psm psyb psyd qc ra rbt rd rdh rdn ret retd retired rla \
    rn rpa rph rpsgt rpt rrt safe scd shrm sj slp sphr stem thd usa usaf usar uscg usmc usn usnr \
    usps vmd";

/// Of those, the ones that are words or names in other spellings: credentials only in capitals or
/// with dots, or after a comma behind a name of two words.
pub const CREDENTIALS_OR_NAMES: &str = "\
    ab abd ace acp ad ai aia aif arch asa ba bed bs ca cap capt cep cia cma cna cne cpl cpt csc \
    cva dc dip dipl dma do ea ed edm eds emt fsa gri jp kc kt lac lat ma mae march mat mca md me \
    med mis mla mme mp ms nd np od om op ot pa pe ph phl pt ra rd ret rla rn safe sb si sj sm \
    stem usa";

/// Words that begin a description after a comma or a dash: not part of a name.
pub const DESCRIPTIONS: &str = "\
    account accountant administrator adviser advisor analista analyst architect assistant \
    associate attorney based board business candidate ceo certified cfo chair chairman \
    chairperson chief cio class clinical co-founder coach cofounder consultant coo coordinator \
    counsel cto currently customer cv data designer developer digital director directora \
    diseñador diseñadora editor engineer engineering entrepreneur estudiante executive fellow \
    financial former founder freelance full-stack fullstack gerente graduate head hr human \
    ingeniera ingeniero intern investor journalist lawyer lead leader lecturer licensed manager \
    marketing mentor nurse officer open operations owner partner photographer physician \
    president principal producer product professional profile program programmer project \
    recruiter registered representative research researcher resume résumé sales scientist \
    seeking senior service software specialist strategist student supervisor systems teacher \
    technical technician technologist therapist ux vice vp writer";

/// The last word of a job title, and what no family name is: a text that ends so is no name.
pub const JOB_WORDS: &str = "\
    accountant administrator analyst apprentice associate consultant coordinator designer \
    developer director engineer engineering executive intern manager marketing officer \
    programmer recruiter representative researcher scientist specialist strategist supervisor \
    technician therapist";

/// Words of organizations.
pub const ORGANIZATIONS: &str = "\
    association college company corp corporation foundation gmbh inc incorporated institute llc \
    llp ltd plc university";

/// Words of pages and of sentences. A lower-case one of them in a text makes it no name.
pub const PLAIN_WORDS: &str = "\
    about activity address alerts all an applications are as at by calendar candidate \
    candidates companies contact details document documents edit education email employers \
    events experience feed files for found from has help here hires history home how in info \
    information interests is it job jobs letter links list matches me messages more my name \
    network notes notifications now of on opportunities options or our overview page people \
    phone positions preferences profile profiles questions resources results search section \
    settings similar skills started status summary tags team that this to today tracker us view \
    was we what who why with work you your";

/// Particles that begin a family name wherever they come but first.
pub const PARTICLES: &str = "\
    'n 's 't abu al bat ben bin bint binte binti d' da dal dalla dalle das de degli dei del dela \
    della delle dello delos dem den der des di dos du d’ el fitz freifrau freiherr freiherrin \
    graf gräfin het ibn la las le lo los mac mc mhic nic ní saint san sankt santa santo st ste \
    são ten ter uí van vande vanden vander vd vda vom von zu zum zur ó бин ван де ибн фон آل ابن \
    بن بنت ’s ’t";

/// Joins the words on either side of it: `Ortega y Gasset`.
pub const CONJUNCTIONS: &str = "\
    e et i y и";

/// Particles in small letters only: in capitals they are words, initials or names.
pub const SMALL_PARTICLES: &str = "\
    ab af al ap at auf av aw az d do in op te tho thoe til ua ul und ur v vel ver wa";

/// Begins a given name of two words: `La Toya`, `Abdul Rahman`.
pub const GIVEN_BEGINNINGS: &str = "\
    abd abdal abdel abdoul abdu abdul abdur abdus abou abu bou da de el la le san santa st um \
    umm أبو أم ابو عبد عبدال";

/// After *María*, and joined by *del*, *de la*, *de los* or *de*, these are given names.
pub const DEVOTIONS: &str = "\
    angeles asuncion asunción carmen cielo concepcion concepción consuelo dios dolores fatima \
    fátima guadalupe jesus jesús lourdes luz mar mercedes milagros montserrat nieves paz pilar \
    refugio remedios rocio rocío rosario sagrario socorro soledad valle ángeles";

/// Spanish and Portuguese family names that are not given names. One of them before the last word
/// begins the family name.
pub const IBERIAN_FAMILY_NAMES: &str = "\
    aguilar almeida alvarado alvarez alves araujo araújo barbosa barros batista cabrera cardenas \
    cardoso carvalho castillo castro cavalcante cavalcanti chavez chávez contreras correia costa \
    cárdenas delgado dias diaz dominguez domínguez díaz escobar espinoza estrada fernandes \
    fernandez fernández ferreira flores fonseca fuentes garcia garcía garza gomes gomez gonzales \
    gonzalez gonzález gonçalves gutierrez gutiérrez guzman guzmán gómez henríquez hernandez \
    hernández herrera ibarra jimenez jiménez juarez juárez lima lopes lopez lozano lópez machado \
    maldonado marquez martinez martins martínez medina mejia mejía melo mendes mendez mendoza \
    meza molina montoya morales moreira moreno munoz muñoz márquez méndez navarro nunes nunez \
    núñez oliveira orozco ortega ortiz pacheco padilla peralta pereira perez peña pineda pérez \
    quintero quispe ramirez ramos ramírez reyes ribeiro rios rivas rivera rodrigues rodriguez \
    rodríguez rojas romero rosales ruiz ríos saavedra salazar salinas sanchez sandoval santos \
    serrano silva soares solis solís sosa soto sousa souza suarez suárez sánchez teixeira torres \
    trujillo valdez valdés vargas vasquez vazquez vega velasco velasquez velásco velásquez \
    velázquez vieira villanueva vásquez vázquez zambrano zamora zapata zavala zúñiga álvarez \
    ávila";

/// East Asian family names in Latin letters that are not given names elsewhere: where one comes first,
/// the order is open.
pub const EAST_ASIAN_FAMILY_NAMES: &str = "\
    bae bui byun cai cao chen cheng cheung cho choi chong chou chung dang dinh duong fang feng \
    gao guo han hoang hsu huang huynh hwang ito jeong jiang jung kang kato kim kobayashi kwon \
    lai lee leung li liang lim lin liu luo matsumoto nakamura ngo nguyen nguyễn oh park pham \
    phan phạm qian saito sasaki sato satō seo shen shin song suzuki takahashi tanaka tran truong \
    trần vuong wang watanabe wong wu xie xu yamada yamaguchi yamamoto yang yi yoo yoon yoshida \
    yu zhang zhao zheng zhou zhu";

/// Korean family names of one syllable, and of two.
pub const HANGUL_FAMILY_NAMES: &str = "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용예경봉사부";
pub const HANGUL_FAMILY_NAMES_OF_TWO: &str = "\
    남궁 독고 사공 서문 선우 제갈 황보";

/// Chinese family names of one character, and of two.
pub const HAN_FAMILY_NAMES: &str = "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖萧蕭田董袁潘于蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范金石廖贾賈夏韦韋付方白邹鄒孟熊秦邱江尹薛闫阎段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯";
pub const HAN_FAMILY_NAMES_OF_TWO: &str = "\
    上官 东方 令狐 司徒 司馬 司马 尉迟 慕容 欧阳 歐陽 皇甫 諸葛 诸葛";

/// Polite endings after a name in Chinese, Japanese and Korean.
pub const POLITE_ENDINGS: &str = "\
    さま さん 先生 女士 小姐 様 氏 교수님 님 박사님 선생님 씨";

/// What a page writes beside a name about the person's account.
pub const BADGES: &str = "\
    available offline online premium verificada verificado verified";

/// Words that begin a greeting, not a name.
pub const GREETINGS: &str = "\
    hello hey hi hola i'm i’m meet welcome";

/// Labels before a name.
pub const LABELS: &str = "\
    applicant candidate candidato contact name nombre profile student";

/// Polite words and titles that stand behind a Korean name with a space between.
pub const POLITE_WORDS: &str = "\
    교수 교수님 군 님 박사 박사님 선생 선생님 씨 양";

/// Marks the name a person had before, or another one: it and what follows are left out.
pub const FORMER_NAME: &str = "\
    a/k/a aka alias born dit dite f/k/a fka formerly geb geborene geborener nacida nata nee né \
    née provdaná roz rozená урожденная урождённая 旧姓";

/// Pronouns that are nothing else.
pub const PRONOUNS: &str = "\
    all any ask dela dele eir eirs el ela ele ella elle elles ellos ellx elu em er ey fae faer \
    han he hen her hers him hir hirs his hon ich iel ihm ihr il ile illes it its lei loro lui \
    per pers pronombres pronomen pronouns she sie their theirs them they thon ve ver vis xe xem \
    xyr xyrs ze zie zir zirs él";

/// Pronouns that are no name, so that one of them without any sign around it can be told.
pub const SURE_PRONOUNS: &str = "\
    ellx he hers him his she theirs them they xe xem ze zir";

#[must_use]
pub fn has(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split(' ').any(|known| known == word)
}

/// A word as these lists spell it: in lower case, without dots.
#[must_use]
pub fn key(word: &str) -> String {
    let word = word.trim_matches(|c: char| c == ',' || c == ';' || c == ':');
    (word.chars().filter(|c| *c != '.' && *c != ' '))
        .flat_map(char::to_lowercase)
        .collect()
}
